"""What is watched: one dashboard, and the alarms that the runbook answers."""

from aws_cdk import Duration, Stack
from aws_cdk.aws_cloudwatch import (
    Alarm,
    AlarmStatusWidget,
    ComparisonOperator,
    Dashboard,
    GraphWidget,
    IMetric,
    MathExpression,
    TreatMissingData,
)
from aws_cdk.aws_dynamodb import Operation
from aws_cdk.aws_elasticloadbalancingv2 import HttpCodeTarget
from constructs import Construct

from infra.stacks.api_gateway import ApiGatewayStack
from infra.stacks.ecs import EcsStack
from infra.stacks.storage import StorageStack

MINUTE = Duration.minutes(1)
PERCENTILES = ("p50", "p95", "p99")
SLOW_SECONDS = 0.5
ERRORS_PER_MINUTE = 5


class Watching(Construct):
    """Metrics of the table and of both backends.

    Args:
        scope: The stack that holds it.
        storage: Its table is watched.
        function: The Lambda backend.
        server: The server backend.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        storage: StorageStack,
        function: ApiGatewayStack,
        server: EcsStack,
    ) -> None:
        super().__init__(scope, "Watching")
        table, api, targets = storage.table, function.api, server.targets.metrics
        requests = targets.request_count(period=MINUTE, statistic="Sum")
        writes = table.metric_consumed_write_capacity_units(period=MINUTE, statistic="Sum")
        reads = table.metric_consumed_read_capacity_units(period=MINUTE, statistic="Sum")
        throttles = table.metric_throttled_requests_for_operations(
            operations=[Operation.UPDATE_ITEM, Operation.GET_ITEM], period=MINUTE
        )
        api_requests = api.metric_count(period=MINUTE, statistic="Sum")
        failures = {
            "Server": targets.http_code_target(
                HttpCodeTarget.TARGET_5XX_COUNT, period=MINUTE, statistic="Sum"
            ),
            "Lambda": api.metric_server_error(period=MINUTE, statistic="Sum"),
        }
        latencies: dict[str, list[IMetric]] = {
            "Server": [
                targets.target_response_time(period=MINUTE, statistic=p, label=f"server {p}")
                for p in PERCENTILES
            ],
            "Lambda": [
                # In milliseconds, unlike the load balancer's.
                MathExpression(
                    expression=f"{p}_ms / 1000",
                    using_metrics={f"{p}_ms": api.metric_latency(period=MINUTE, statistic=p)},
                    period=MINUTE,
                    label=f"lambda {p}",
                )
                for p in PERCENTILES
            ],
        }
        healthy = targets.healthy_host_count(period=MINUTE, statistic="Minimum")
        alarms = [
            *(
                self._alarm(f"{name}Failures", metric, above=ERRORS_PER_MINUTE)
                for name, metric in failures.items()
            ),
            self._alarm("Throttles", throttles, above=0),
            *(
                self._alarm(
                    f"{name}Slow", percentiles[PERCENTILES.index("p95")], above=SLOW_SECONDS
                )
                for name, percentiles in latencies.items()
            ),
            self._alarm(
                "NoHealthyTask",
                healthy,
                above=1,
                comparison=ComparisonOperator.LESS_THAN_THRESHOLD,
                missing=TreatMissingData.BREACHING,
            ),
        ]
        steps_per_write = MathExpression(
            expression="(server + lambda) / writes",
            using_metrics={"server": requests, "lambda": api_requests, "writes": writes},
            period=MINUTE,
            label="requests per write unit",
        )
        dashboard = Dashboard(self, "Dashboard", dashboard_name=Stack.of(scope).stack_name)
        dashboard.add_widgets(AlarmStatusWidget(alarms=alarms, width=24))
        for row in (
            [
                _graph("Requests a minute", requests, api_requests),
                _graph("Latency, seconds", *latencies["Server"], *latencies["Lambda"]),
            ],
            [
                _graph(
                    "4xx and 5xx a minute",
                    targets.http_code_target(
                        HttpCodeTarget.TARGET_4XX_COUNT, period=MINUTE, statistic="Sum"
                    ),
                    api.metric_client_error(period=MINUTE, statistic="Sum"),
                    *failures.values(),
                ),
                _graph("Throttles a minute", throttles),
            ],
            [
                _graph("Units consumed a minute", writes, reads),
                _graph("Requests per write unit", steps_per_write),
            ],
            [
                _graph("Healthy tasks", healthy),
                _graph("Cold starts a minute", function.cold_starts),
            ],
        ):
            dashboard.add_widgets(*row)

    def _alarm(
        self,
        name: str,
        metric: IMetric,
        *,
        above: float,
        comparison: ComparisonOperator = ComparisonOperator.GREATER_THAN_THRESHOLD,
        missing: TreatMissingData = TreatMissingData.NOT_BREACHING,
    ) -> Alarm:
        return Alarm(
            self,
            name,
            alarm_name=f"{Stack.of(self).stack_name}-{name}",
            metric=metric,
            threshold=above,
            comparison_operator=comparison,
            evaluation_periods=5,
            datapoints_to_alarm=3,
            treat_missing_data=missing,
        )


def _graph(title: str, *metrics: IMetric) -> GraphWidget:
    return GraphWidget(title=title, left=list(metrics), width=12)
