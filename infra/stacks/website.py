"""The front door: the site in a bucket, and one CloudFront distribution before everything."""

from typing import Final, cast

from aws_cdk import CfnElement, CfnOutput, Fn, RemovalPolicy, Stack
from aws_cdk.aws_cloudfront import OriginProtocolPolicy
from aws_cdk.aws_cloudfront_origins import HttpOrigin, S3BucketOrigin, VpcOrigin
from aws_cdk.aws_s3 import BlockPublicAccess, Bucket, BucketEncryption
from aws_cdk.aws_s3_deployment import BucketDeployment, CacheControl, Source
from constructs import Construct, Node

from infra.components.custom_domain import CustomDomain
from infra.components.distribution import SiteDistribution, path_of
from infra.components.load_balancer import LISTENER_PORT
from infra.components.retention import log_group
from infra.components.site_headers import SITE
from infra.nag_suppressions import suppress, suppress_finding
from infra.outputs import LAMBDA_URL, SERVICE_URL, WEBSITE, WEBSITE_URL
from infra.stacks.api_gateway import ApiGatewayStack
from infra.stacks.ecs import EcsStack
from infra.stage import Stage

# What the function by which CDK copies the files may do, as cdk-nag finds it.
_COPYING: Final = ("GetObject", "GetBucket", "List", "DeleteObject", "Abort")
_CDK_ASSETS: Final = "arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>"
_BASIC_EXECUTION: Final = (
    "arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
)


class WebsiteStack(Stack):
    """The bucket with the site, the distribution, and `config.json`, which names the backends.

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
        domain: CustomDomain | None,
    ) -> None:
        super().__init__(scope, stage.stack_name(WEBSITE))
        bucket = Bucket(
            self,
            "Site",
            block_public_access=BlockPublicAccess.BLOCK_ALL,
            encryption=BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            # All that it holds is in the repository.
            removal_policy=RemovalPolicy.DESTROY,
        )
        suppress(bucket, S1="who read the site's files is in no one's interest")
        backends = {
            "server": VpcOrigin.with_application_load_balancer(
                server.load_balancer.balancer,
                http_port=LISTENER_PORT,
                protocol_policy=OriginProtocolPolicy.HTTP_ONLY,
            ),
            "lambda": HttpOrigin(Fn.select(2, Fn.split("/", function.api.api_endpoint))),
        }
        distribution = SiteDistribution(
            self,
            site=S3BucketOrigin.with_origin_access_control(bucket),
            backends=backends,
            domain=domain,
        )
        urls = {name: distribution.url + path_of(name) for name in backends}
        self._copy_site(bucket, urls, stage)
        CfnOutput(self, WEBSITE_URL, value=distribution.url)
        CfnOutput(self, SERVICE_URL, value=urls["server"])
        CfnOutput(self, LAMBDA_URL, value=urls["lambda"])

    def _copy_site(self, bucket: Bucket, urls: dict[str, str], stage: Stage) -> None:
        backends = [{"name": name, "url": url} for name, url in urls.items()]
        files = BucketDeployment(
            self,
            "Files",
            destination_bucket=bucket,
            sources=[
                Source.asset(str(SITE / "public")),
                Source.json_data("config.json", {"backends": backends}),
            ],
            # Their names stay the same from one version to the next.
            cache_control=[CacheControl.no_cache()],
            # A bucket that holds files can't go with its stack.
            retain_on_delete=False,
            log_group=log_group(self, "FilesLog", stage=stage),
        )
        bucket_id = self.get_logical_id(cast("CfnElement", bucket.node.default_child))
        for finding in (
            "L1",
            f"IAM4[Policy::{_BASIC_EXECUTION}]",
            *(f"IAM5[Action::s3:{action}*]" for action in _COPYING),
            f"IAM5[Resource::{_CDK_ASSETS}/*]",
            f"IAM5[Resource::<{bucket_id}.Arn>/*]",
        ):
            suppress_finding(
                Node.of(files.handler_role).scope or files,
                finding,
                "CDK's own function; it may write the site's bucket and read CDK's assets",
            )
