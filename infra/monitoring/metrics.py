"""Metrics of the table, of both backends and of CloudFront, per minute."""

from typing import Final

from aws_cdk import Duration
from aws_cdk.aws_cloudwatch import IMetric, MathExpression, Metric
from aws_cdk.aws_elasticloadbalancingv2 import HttpCodeElb, HttpCodeTarget

from infra.stacks.api_gateway import ApiGatewayStack
from infra.stacks.ecs import EcsStack
from infra.stacks.storage import StorageStack
from infra.stacks.website import WebsiteStack

PERCENTILES: Final = ("p50", "p95", "p99")
_MINUTE: Final = Duration.minutes(1)


class CounterMetrics:
    """The metrics, by backend (`server` and `lambda`) if both have them.

    Attributes:
        requests: The number of requests.
        client_errors: The number of answers with 4xx.
        failures: The number of answers with 5xx.
        failure_shares: The percentage of requests that were answered with 5xx.
        load_balancer_failures: The number of 5xx of the load balancer itself, without a task.
        cloudfront_failures: The percentage of 5xx among CloudFront's answers, in us-east-1 only.
        latencies: The seconds until the answer, by percentile.
        throttles: The number of `writes` and of `reads` that DynamoDB throttled.
        throttle_shares: The percentage of `writes` and of `reads` that DynamoDB throttled.
        write_units: The write units that were consumed.
        read_units: The read units that were consumed.
        requests_per_write_unit: How many requests share a write, with reads among them.
        healthy_tasks: The number of tasks that answer the load balancer's health checks.
        cold_starts: The number of snapshots of the Lambda function that were restored.
    """

    def __init__(
        self,
        *,
        storage: StorageStack,
        api_gateway: ApiGatewayStack,
        ecs: EcsStack,
        website: WebsiteStack,
    ) -> None:
        table, api, targets = storage.table, api_gateway.api, ecs.load_balancer.targets.metrics
        self.requests: dict[str, IMetric] = {
            "server": targets.request_count(period=_MINUTE, statistic="Sum", label="server"),
            "lambda": api.metric_count(period=_MINUTE, statistic="Sum", label="lambda"),
        }
        self.client_errors: dict[str, IMetric] = {
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
        self.failure_shares: dict[str, IMetric] = {
            backend: MathExpression(
                expression="100 * faults / requests",
                using_metrics={"faults": failures, "requests": self.requests[backend]},
                period=_MINUTE,
                label=f"{backend} 5xx, percent",
            )
            for backend, failures in self.failures.items()
        }
        self.load_balancer_failures = ecs.load_balancer.alb.metrics.http_code_elb(
            HttpCodeElb.ELB_5XX_COUNT, period=_MINUTE, statistic="Sum", label="load balancer 5xx"
        )
        self.cloudfront_failures = Metric(
            namespace="AWS/CloudFront",
            metric_name="5xxErrorRate",
            dimensions_map={
                "DistributionId": website.site.distribution.distribution_id,
                "Region": "Global",
            },
            period=_MINUTE,
            statistic="Average",
            label="CloudFront 5xx, percent",
        )
        self.latencies: dict[str, dict[str, IMetric]] = {
            "server": {
                p: targets.target_response_time(period=_MINUTE, statistic=p, label=f"server {p}")
                for p in PERCENTILES
            },
            "lambda": {
                # API Gateway measures in milliseconds, the load balancer in seconds.
                p: MathExpression(
                    expression=f"{p}_ms / 1000",
                    using_metrics={f"{p}_ms": api.metric_latency(period=_MINUTE, statistic=p)},
                    period=_MINUTE,
                    label=f"lambda {p}",
                )
                for p in PERCENTILES
            },
        }
        operations = {"writes": "UpdateItem", "reads": "GetItem"}
        # These are two metrics, because their sum has no number in a minute without one of them.
        self.throttles: dict[str, IMetric] = {
            name: table.metric_throttled_requests_for_operation(
                operation, period=_MINUTE, statistic="Sum", label=f"throttled {name}"
            )
            for name, operation in operations.items()
        }
        self.throttle_shares: dict[str, IMetric] = {
            name: MathExpression(
                # If DynamoDB throttles everything, it sends no number for what succeeded.
                expression="100 * faults / (faults + FILL(successes, 0))",
                using_metrics={
                    "faults": self.throttles[name],
                    "successes": table.metric_successful_request_latency(
                        dimensions_map={"TableName": table.table_name, "Operation": operation},
                        period=_MINUTE,
                        statistic="SampleCount",
                    ),
                },
                period=_MINUTE,
                label=f"throttled {name}, percent",
            )
            for name, operation in operations.items()
        }
        self.write_units = table.metric_consumed_write_capacity_units(
            period=_MINUTE, statistic="Sum"
        )
        self.read_units = table.metric_consumed_read_capacity_units(period=_MINUTE, statistic="Sum")
        self.requests_per_write_unit = MathExpression(
            # A backend without requests in a minute sends no number for it.
            expression="(FILL(server, 0) + FILL(lambda, 0)) / writes",
            using_metrics={**self.requests, "writes": self.write_units},
            period=_MINUTE,
            label="requests per write unit",
        )
        # Each zone counts its own tasks, so with one task the minimum over the zones is 0.
        self.healthy_tasks = targets.healthy_host_count(period=_MINUTE, statistic="Maximum")
        self.cold_starts = api_gateway.cold_starts
