"""The Lambda backend behind an API Gateway HTTP API."""

import json
from typing import cast

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk.aws_apigatewayv2 import CfnStage, HttpApi, HttpStage, ThrottleSettings
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from aws_cdk.aws_lambda import SnapStartConf
from aws_cdk.aws_logs import FilterPattern, MetricFilter
from constructs import Construct
from fibcore import timeouts

from infra.components.lambda_package import lambda_package
from infra.components.python_function import PythonFunction
from infra.components.retention import log_group
from infra.nag_suppressions import suppress, suppress_warning
from infra.outputs import API_GATEWAY, API_GATEWAY_URL
from infra.stacks.storage import WRITE_UNITS_PER_SECOND, StorageStack
from infra.stage import Stage

# CPU comes with memory, a whole one at 1,769 MB. A step costs 1 ms of one in boto3, 2 ms here,
# which hides behind DynamoDB's own answer; F(1,000,000) from nothing costs 23 ms, 40 ms here.
MEMORY_MEGABYTES = 1_024
# Not the path: it is the client's to choose, and nothing says that quotes in it are escaped.
LOGGED = ("requestId", "requestTime", "httpMethod", "status", "responseLatency")


class ApiGatewayStack(Stack):
    """The function, and the API that hands it every path and method.

    Args:
        scope: The app.
        stage: Names and what is kept.
        storage: Where the counter is.
        reserved_concurrency: How many requests the function serves at once, at most, apart from
            the account's other functions; None leaves it to the account's limit.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        storage: StorageStack,
        reserved_concurrency: int | None,
    ) -> None:
        super().__init__(scope, stage.stack_name(API_GATEWAY))
        backend = PythonFunction(
            self,
            "Backend",
            stage=stage,
            code=lambda_package("lambda-api"),
            handler="lambda_api.handler.handler",
            memory_size=MEMORY_MEGABYTES,
            timeout=Duration.seconds(timeouts.FUNCTION),
            environment=storage.backend_environment,
            reserved_concurrent_executions=reserved_concurrency,
            # A cold start is the import of boto3; the snapshot is taken after it.
            snap_start=SnapStartConf.ON_PUBLISHED_VERSIONS,
        )
        storage.grant_counting(backend.role)
        # Lambda counts no restored snapshots, but writes a line for each.
        self.cold_starts = MetricFilter(
            self,
            "ColdStarts",
            log_group=backend.log,
            filter_pattern=FilterPattern.literal("RESTORE_START"),
            metric_namespace=stage.stack_name("lambda"),
            metric_name="ColdStarts",
        ).metric(statistic="Sum", period=Duration.minutes(1))
        suppress_warning(
            backend.function,
            "@aws-cdk/aws-lambda:snapStartRequirePublish",
            "the alias publishes a version at each change",
        )
        alias = backend.function.add_alias("live")

        # No CORS here: the gateway would then drop the backend's own headers, and they are the
        # contract's. One route for all, so that 404 and 405 are the contract's as well.
        self.api = HttpApi(
            self,
            "Api",
            api_name=stage.stack_name("api"),
            create_default_stage=False,
            default_integration=HttpLambdaIntegration("Function", alias),
        )
        suppress(self.api, APIG4="a public counter: whoever finds it may count")
        default_stage = HttpStage(
            self,
            "Stage",
            http_api=self.api,
            # Another stage's name would be part of the path that the function sees.
            stage_name="$default",
            auto_deploy=True,
            # A write for each step: more than one item takes would only be throttled there.
            throttle=ThrottleSettings(
                rate_limit=WRITE_UNITS_PER_SECOND, burst_limit=WRITE_UNITS_PER_SECOND
            ),
        )
        log = log_group(self, "AccessLog", stage=stage)
        # HttpStage takes a log by an interface that Python can't give it.
        cast(
            "CfnStage", default_stage.node.default_child
        ).access_log_settings = CfnStage.AccessLogSettingsProperty(
            destination_arn=log.log_group_arn,
            format=json.dumps({name: f"$context.{name}" for name in LOGGED}),
        )
        CfnOutput(self, API_GATEWAY_URL, value=self.api.api_endpoint)
