"""The Lambda backend behind an API Gateway HTTP API."""

import json
from typing import Final, cast

from aws_cdk import CfnOutput, Duration, Fn, Stack
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

# CPU comes with memory: a whole CPU at 1,769 MB. A step takes 1 ms of a whole CPU in boto3 and so
# 2 ms here, while DynamoDB's answer takes longer. F(1,000,000) from nothing takes 23 ms of a whole
# CPU and so 40 ms here.
MEMORY_MEGABYTES: Final = 1_024
# The path is not logged. A client chooses it, and API Gateway does not document that it escapes
# quotation marks in it.
LOGGED: Final = ("requestId", "requestTime", "httpMethod", "status", "responseLatency")


class ApiGatewayStack(Stack):
    """The function, and the API that passes every path and method to it.

    Args:
        scope: The app.
        stage: The names and settings.
        storage: The stack with the table.

    Attributes:
        api: The HTTP API.
        cold_starts: How many snapshots of the function were restored, per minute.
    """

    def __init__(self, scope: Construct, *, stage: Stage, storage: StorageStack) -> None:
        super().__init__(scope, stage.stack_name(API_GATEWAY))
        backend = PythonFunction(
            self,
            "Lambda",
            stage=stage,
            code=lambda_package(),
            handler="lambda_api.handler.handler",
            memory_size=MEMORY_MEGABYTES,
            timeout=Duration.seconds(timeouts.FUNCTION),
            environment=storage.backend_environment,
            reserved_concurrent_executions=stage.reserved_concurrency,
            # A cold start spends its time on importing boto3. The snapshot is taken after that.
            # AWS deactivates a version that nobody calls for 14 days; the canary calls it.
            snap_start=SnapStartConf.ON_PUBLISHED_VERSIONS,
        )
        storage.grant_counting(backend.role)
        # AWS Lambda has no metric of restored snapshots, but logs a line for each.
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

        # The API has no CORS settings, because the gateway would then drop the backend's own
        # headers, which the contract promises. It has one route for everything, so that 404 and 405
        # follow the contract as well.
        self.api = HttpApi(
            self,
            "Api",
            api_name=stage.stack_name("api"),
            create_default_stage=False,
            default_integration=HttpLambdaIntegration("Function", alias),
        )
        suppress(self.api, APIG4="a public counter: everybody may count")
        default_stage = HttpStage(
            self,
            "Stage",
            http_api=self.api,
            # The function would see any other name as a part of the path.
            stage_name="$default",
            auto_deploy=True,
            # Each step is a write. DynamoDB would throttle what exceeds the limit of one item.
            throttle=ThrottleSettings(
                rate_limit=WRITE_UNITS_PER_SECOND, burst_limit=WRITE_UNITS_PER_SECOND
            ),
        )
        # AWS allows its services to write all log groups below this prefix by one entry of a policy
        # that would otherwise list each group and run full. The stack's UUID makes the name unique:
        # prod keeps the group, and the next stack could not create another one of the same name.
        uuid = Fn.select(2, Fn.split("/", self.stack_id))
        log = log_group(
            self, "AccessLog", stage=stage, name=f"/aws/vendedlogs/{self.stack_name}-{uuid}"
        )
        # HttpStage takes a log by an interface that Python can't provide.
        cast(
            "CfnStage", default_stage.node.default_child
        ).access_log_settings = CfnStage.AccessLogSettingsProperty(
            destination_arn=log.log_group_arn,
            format=json.dumps({name: f"$context.{name}" for name in LOGGED}),
        )
        CfnOutput(self, API_GATEWAY_URL, value=self.api.api_endpoint)
        # The website's stack imports these values. Without these calls, a value would be exported
        # only as long as that stack uses it (see docs/later-deploys.md).
        self.export_value(self.api.api_endpoint)
        self.export_value(self.api.api_id)
