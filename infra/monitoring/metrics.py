"""What is measured of the table and of both backends, minute by minute."""

from typing import Final

from aws_cdk import Duration
from aws_cdk.aws_cloudwatch import IMetric, MathExpression
from aws_cdk.aws_dynamodb import Operation
from aws_cdk.aws_elasticloadbalancingv2 import HttpCodeTarget

from infra.stacks.api_gateway import ApiGatewayStack
from infra.stacks.ecs import EcsStack
from infra.stacks.storage import StorageStack

PERCENTILES: Final = ("p50", "p95", "p99")
_MINUTE: Final = Duration.minutes(1)


class CounterMetrics:
    """The metrics, by backend where both have them: `server` and `lambda`.

    Attributes:
        requests: How many came.
        refusals: How many were answered with a 4xx.
        failures: How many were answered with a 5xx.
        latencies: The time to the answer in seconds, by percentile.
        throttles: Requests that DynamoDB refused for their number.
        write_units: What writes consumed.
        read_units: What reads consumed.
        requests_per_write_unit: How many requests share a write, reads among them.
        healthy_tasks: Tasks that answer the load balancer.
        cold_starts: Snapshots of the function that were restored.
    """

    def __init__(
        self, *, storage: StorageStack, function: ApiGatewayStack, server: EcsStack
    ) -> None:
        table, api, targets = storage.table, function.api, server.load_balancer.targets.metrics
        self.requests: dict[str, IMetric] = {
            "server": targets.request_count(period=_MINUTE, statistic="Sum", label="server"),
            "lambda": api.metric_count(period=_MINUTE, statistic="Sum", label="lambda"),
        }
        self.refusals: dict[str, IMetric] = {
            "server": targets.http_code_target(
                HttpCodeTarget.TARGET_4XX_COUNT, period=_MINUTE, statistic="Sum", label="server 4xx"
            ),
            "lambda": api.metric_client_error(period=_MINUTE, statistic="Sum", label="lambda 4xx"),
        }
        self.failures: dict[str, IMetric] = {
            "server": targets.http_code_target(
                HttpCodeTarget.TARGET_5XX_COUNT, period=_MINUTE, statistic="Sum", label="server 5xx"
            ),
            "lambda": api.metric_server_error(period=_MINUTE, statistic="Sum", label="lambda 5xx"),
        }
        self.latencies: dict[str, dict[str, IMetric]] = {
            "server": {
                p: targets.target_response_time(period=_MINUTE, statistic=p, label=f"server {p}")
                for p in PERCENTILES
            },
            "lambda": {
                # In milliseconds, unlike the load balancer's.
                p: MathExpression(
                    expression=f"{p}_ms / 1000",
                    using_metrics={f"{p}_ms": api.metric_latency(period=_MINUTE, statistic=p)},
                    period=_MINUTE,
                    label=f"lambda {p}",
                )
                for p in PERCENTILES
            },
        }
        self.throttles = table.metric_throttled_requests_for_operations(
            operations=[Operation.UPDATE_ITEM, Operation.GET_ITEM], period=_MINUTE
        )
        self.write_units = table.metric_consumed_write_capacity_units(
            period=_MINUTE, statistic="Sum"
        )
        self.read_units = table.metric_consumed_read_capacity_units(period=_MINUTE, statistic="Sum")
        self.requests_per_write_unit = MathExpression(
            # A backend that nobody asked in that minute sends no number.
            expression="(FILL(server, 0) + FILL(lambda, 0)) / writes",
            using_metrics={**self.requests, "writes": self.write_units},
            period=_MINUTE,
            label="requests per write unit",
        )
        self.healthy_tasks = targets.healthy_host_count(period=_MINUTE, statistic="Minimum")
        self.cold_starts = function.cold_starts
