"""The front door: one CloudFront distribution for the site and both backends."""

from pathlib import Path
from typing import NamedTuple

from aws_cdk import CfnOutput, Fn, RemovalPolicy, Stack
from aws_cdk.aws_certificatemanager import Certificate, CertificateValidation
from aws_cdk.aws_cloudfront import (
    AllowedMethods,
    BehaviorOptions,
    CachePolicy,
    Distribution,
    Function,
    FunctionAssociation,
    FunctionCode,
    FunctionEventType,
    FunctionRuntime,
    HttpVersion,
    IOrigin,
    OriginProtocolPolicy,
    OriginRequestPolicy,
    PriceClass,
    SecurityPolicyProtocol,
    ViewerProtocolPolicy,
)
from aws_cdk.aws_cloudfront_origins import HttpOrigin, S3BucketOrigin, VpcOrigin
from aws_cdk.aws_route53 import ARecord, HostedZone, RecordTarget
from aws_cdk.aws_route53_targets import CloudFrontTarget
from aws_cdk.aws_s3 import BlockPublicAccess, Bucket, BucketEncryption
from aws_cdk.aws_s3_deployment import BucketDeployment, CacheControl, Source
from constructs import Construct, Node

from infra.findings import accept, accept_finding
from infra.site_headers import SITE, site_headers
from infra.stacks.api_gateway import ApiGatewayStack
from infra.stacks.ecs import LISTENER_PORT, EcsStack
from infra.stage import Stage

STRIP_PREFIX = Path(__file__).parents[1] / "strip_prefix.js"
# Of the function by which CDK copies the site's files, as cdk-nag names them.
DEPLOYMENT_FINDINGS = (
    "L1",
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]",
    *(f"IAM5[Action::s3:{name}*]" for name in ("GetObject", "GetBucket", "List")),
    *(f"IAM5[Action::s3:{name}*]" for name in ("DeleteObject", "Abort")),
    (
        "IAM5[Resource::arn:<AWS::Partition>:s3:::"
        "cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*]"
    ),
    "IAM5[Resource::<SiteE53D7754.Arn>/*]",
)
PATHS = {"server": "/api/server", "lambda": "/api/lambda"}
"""Where the backends are, below the site's address."""


class OwnDomain(NamedTuple):
    """A name to serve at, and the id of the hosted zone that it is in."""

    name: str
    hosted_zone: str


class WebsiteStack(Stack):
    """The bucket with the site, and the distribution.

    Args:
        scope: The app.
        stage: Names and what is kept.
        function: The Lambda backend.
        server: The server backend.
        domain: The address to serve at, if not CloudFront's own.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        function: ApiGatewayStack,
        server: EcsStack,
        domain: OwnDomain | None,
    ) -> None:
        super().__init__(scope, stage.stack_name("website"))
        bucket = Bucket(
            self,
            "Site",
            block_public_access=BlockPublicAccess.BLOCK_ALL,
            encryption=BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            # All that it holds is in the repository.
            removal_policy=RemovalPolicy.DESTROY,
        )
        accept(bucket, S1="who read the site's files is in no one's interest")
        self.distribution = self._distribution(
            bucket,
            {
                "server": VpcOrigin.with_application_load_balancer(
                    server.load_balancer,
                    http_port=LISTENER_PORT,
                    protocol_policy=OriginProtocolPolicy.HTTP_ONLY,
                ),
                "lambda": HttpOrigin(Fn.select(2, Fn.split("/", function.api.api_endpoint))),
            },
            domain,
        )
        files = BucketDeployment(
            self,
            "Files",
            destination_bucket=bucket,
            sources=[
                Source.asset(str(SITE / "public")),
                # At the site's own address, whatever its name.
                Source.json_data(
                    "config.json",
                    {"backends": [{"name": name, "url": path} for name, path in PATHS.items()]},
                ),
            ],
            # Their names stay the same from one version to the next.
            cache_control=[CacheControl.no_cache()],
        )
        for rule in DEPLOYMENT_FINDINGS:
            accept_finding(
                Node.of(files.handler_role).scope or files,
                rule,
                "CDK's own function; it may write the site's bucket and read CDK's assets",
            )
        address = domain.name if domain else self.distribution.domain_name
        CfnOutput(self, "WebsiteUrl", value=f"https://{address}")
        CfnOutput(self, "ServiceUrl", value=f"https://{address}{PATHS['server']}")
        CfnOutput(self, "LambdaUrl", value=f"https://{address}{PATHS['lambda']}")

    def _distribution(
        self, bucket: Bucket, backends: dict[str, IOrigin], domain: OwnDomain | None
    ) -> Distribution:
        strip_prefix = Function(
            self,
            "StripPrefix",
            code=FunctionCode.from_file(file_path=str(STRIP_PREFIX)),
            runtime=FunctionRuntime.JS_2_0,
        )
        # Nothing is cached, and nothing is collapsed: CloudFront would else make one request of
        # two equal ones that come at once. Steps are POST, which it never repeats either.
        to_backends = {
            f"{PATHS[name]}/*": BehaviorOptions(
                origin=origin,
                allowed_methods=AllowedMethods.ALLOW_ALL,
                cache_policy=CachePolicy.CACHING_DISABLED,
                origin_request_policy=OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
                viewer_protocol_policy=ViewerProtocolPolicy.HTTPS_ONLY,
                function_associations=[
                    FunctionAssociation(
                        event_type=FunctionEventType.VIEWER_REQUEST, function=strip_prefix
                    )
                ],
            )
            for name, origin in backends.items()
        }
        zone = domain and HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=domain.hosted_zone, zone_name=domain.name
        )
        distribution = Distribution(
            self,
            "Distribution",
            comment=self.stack_name,
            default_root_object="index.html",
            default_behavior=BehaviorOptions(
                origin=S3BucketOrigin.with_origin_access_control(bucket),
                response_headers_policy=site_headers(self),
                viewer_protocol_policy=ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            ),
            additional_behaviors=to_backends,
            http_version=HttpVersion.HTTP2_AND_3,
            # Without a domain it is CloudFront's own certificate that says.
            minimum_protocol_version=SecurityPolicyProtocol.TLS_V1_2_2021 if domain else None,
            price_class=PriceClass.PRICE_CLASS_100,
            domain_names=[domain.name] if domain else None,
            certificate=Certificate(
                self,
                "Certificate",
                domain_name=domain.name,
                validation=CertificateValidation.from_dns(zone),
            )
            if domain
            else None,
        )
        accept(
            distribution,
            CFR1="a counter for everybody, everywhere",
            CFR2="a flood is throttled at the gateway and at the table; a WAF costs more than both",
            CFR3="both backends log what they are asked",
            CFR4="without a domain the certificate is CloudFront's own, and so is its oldest TLS",
        )
        if zone:
            ARecord(
                self,
                "Address",
                zone=zone,
                target=RecordTarget.from_alias(CloudFrontTarget(distribution)),
            )
        return distribution
