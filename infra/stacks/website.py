"""The entry for browsers: the site in a bucket, and one CloudFront distribution for everything."""

from typing import Final, cast

from aws_cdk import Aws, CfnElement, CfnOutput, Fn, RemovalPolicy, Stack
from aws_cdk.aws_cloudfront import (
    OriginProtocolPolicy,
    S3OriginAccessControl,
    VpcOrigin,
    VpcOriginEndpoint,
)
from aws_cdk.aws_cloudfront_origins import HttpOrigin, S3BucketOrigin
from aws_cdk.aws_cloudfront_origins import VpcOrigin as OriginInVpc
from aws_cdk.aws_iam import PolicyStatement, Role, ServicePrincipal
from aws_cdk.aws_logs import LogGroup
from aws_cdk.aws_s3 import BlockPublicAccess, Bucket, BucketEncryption
from aws_cdk.aws_s3_deployment import BucketDeployment, CacheControl, Source
from constructs import Construct, Node

from infra.components.custom_domain import CustomDomain
from infra.components.distribution import SiteDistribution, account_wide_name, path_of
from infra.components.load_balancer import LISTENER_PORT, LoadBalancer
from infra.components.retention import log_group
from infra.components.site_headers import SITE
from infra.nag_suppressions import suppress, suppress_finding
from infra.outputs import LAMBDA_URL, SERVICE_URL, WEBSITE, WEBSITE_URL
from infra.stacks.api_gateway import ApiGatewayStack
from infra.stacks.ecs import EcsStack
from infra.stage import Stage

# The bucket of the CDK's bootstrap, from which the files are copied.
_CDK_ASSETS: Final = "cdk-hnb659fds-assets"


class WebsiteStack(Stack):
    """The bucket with the site, the distribution, and `config.json`, which names the backends.

    Args:
        scope: The app.
        stage: The names and settings.
        api_gateway: The stack of the Lambda backend.
        ecs: The stack of the server backend.
        domain: The address to serve at; None for CloudFront's own.

    Attributes:
        site: The distribution and its address.
        urls: The addresses of the backends, by name.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        api_gateway: ApiGatewayStack,
        ecs: EcsStack,
        domain: CustomDomain | None,
    ) -> None:
        super().__init__(scope, stage.stack_name(WEBSITE))
        bucket = Bucket(
            self,
            "Site",
            block_public_access=BlockPublicAccess.BLOCK_ALL,
            encryption=BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            # The repository contains all that the bucket does, so the bucket goes with the stack.
            # S3 deletes only empty buckets.
            removal_policy=RemovalPolicy.DESTROY,
            auto_delete_objects=True,
        )
        suppress(bucket, S1="every file in the bucket is public, and a deploy alone writes it")
        backends = {
            "server": OriginInVpc.with_vpc_origin(self._vpc_origin(ecs.load_balancer)),
            "lambda": HttpOrigin(Fn.select(2, Fn.split("/", api_gateway.api.api_endpoint))),
        }
        self.site = SiteDistribution(
            self,
            stage=stage,
            site=S3BucketOrigin.with_origin_access_control(
                bucket,
                origin_access_control=S3OriginAccessControl(
                    self, "SiteAccess", origin_access_control_name=account_wide_name(self, "site")
                ),
            ),
            backends=backends,
            domain=domain,
        )
        self.urls = {name: self.site.url + path_of(name) for name in backends}
        self._copy_site(bucket, stage)
        CfnOutput(self, WEBSITE_URL, value=self.site.url)
        CfnOutput(self, SERVICE_URL, value=self.urls["server"])
        CfnOutput(self, LAMBDA_URL, value=self.urls["lambda"])

    def _vpc_origin(self, load_balancer: LoadBalancer) -> VpcOrigin:
        """Return CloudFront's way to the load balancer.

        Nothing here may depend on a setting: CloudFront answers 409 to any change, even of a tag,
        while a distribution uses the origin. `docs/later-deploys.md` says what to do then.
        """
        return VpcOrigin(
            self,
            "ServerOrigin",
            endpoint=VpcOriginEndpoint.application_load_balancer(load_balancer.alb),
            vpc_origin_name=account_wide_name(self, "server"),
            http_port=LISTENER_PORT,
            protocol_policy=OriginProtocolPolicy.HTTP_ONLY,
        )

    def _copy_site(self, bucket: Bucket, stage: Stage) -> None:
        backends = [{"name": name, "url": url} for name, url in self.urls.items()]
        # A site that shows a preview of a link needs the picture's whole address.
        index = (SITE / "public" / "index.html").read_text()
        index = index.replace('="preview.png"', f'="{self.site.url}/preview.png"')
        log = log_group(self, "FilesLog", stage=stage)
        role = self._copying_role(bucket, log)
        files = BucketDeployment(
            self,
            "Files",
            destination_bucket=bucket,
            sources=[
                Source.asset(str(SITE / "public")),
                Source.data("index.html", index),  # replaces the file above
                Source.json_data("config.json", {"backends": backends}),
            ],
            # Files keep their names from one version to the next.
            cache_control=[CacheControl.no_cache()],
            log_group=log,
            # The CDK would otherwise add the rights to read and write everything in both buckets.
            role=role.without_policy_updates(),
        )
        # The function that empties the bucket is there before the first file, and goes after this
        # resource. Otherwise a first deploy that fails could leave files, and so the bucket.
        files.node.add_dependency(bucket)
        (function,) = (
            each for each in self.node.children if Node.of(each).id.startswith("Custom::CDKBucket")
        )
        suppress(function, L1="a function of the CDK, which chooses its runtime")

    def _copying_role(self, bucket: Bucket, log: LogGroup) -> Role:
        """Return the role of the CDK's function that copies the site's files to the bucket.

        The function calls `aws s3 cp` and `aws s3 sync --delete`, which need these four rights.
        """
        role = Role(self, "FilesRole", assumed_by=ServicePrincipal("lambda.amazonaws.com"))
        log.grant_write(role)
        assets = f"{_CDK_ASSETS}-{Aws.ACCOUNT_ID}-{Aws.REGION}"
        for action, resource in (
            ("s3:GetObject", f"arn:{Aws.PARTITION}:s3:::{assets}/*"),
            ("s3:ListBucket", bucket.bucket_arn),
            ("s3:PutObject", bucket.arn_for_objects("*")),
            ("s3:DeleteObject", bucket.arn_for_objects("*")),
        ):
            role.add_to_policy(PolicyStatement(actions=[action], resources=[resource]))
        bucket_id = self.get_logical_id(cast("CfnElement", bucket.node.default_child))
        for files in (
            f"arn:<AWS::Partition>:s3:::{_CDK_ASSETS}-<AWS::AccountId>-<AWS::Region>",
            f"<{bucket_id}.Arn>",
        ):
            suppress_finding(
                role, f"IAM5[Resource::{files}/*]", "the names of the files are not known here"
            )
        return role
