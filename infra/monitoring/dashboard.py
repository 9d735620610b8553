"""The dashboard of a stage."""

from collections.abc import Sequence

from aws_cdk.aws_cloudwatch import Alarm, AlarmStatusWidget, Dashboard, GraphWidget, IMetric
from constructs import Construct

from infra.components.distribution import account_wide_name
from infra.monitoring.metrics import CounterMetrics


def create_dashboard(
    scope: Construct, *, metrics: CounterMetrics, canary_errors: IMetric, alarms: Sequence[Alarm]
) -> None:
    """Create the dashboard, with the alarms' states at its head."""
    dashboard = Dashboard(scope, "Dashboard", dashboard_name=account_wide_name(scope, "dashboard"))
    dashboard.add_widgets(AlarmStatusWidget(alarms=list(alarms), width=24))
    latencies = [each for by in metrics.latencies.values() for each in by.values()]
    errors = [
        *metrics.client_errors.values(),
        *metrics.failures.values(),
        metrics.load_balancer_failures,
    ]
    for left, right in (
        (
            _graph("Requests a minute", *metrics.requests.values()),
            _graph("Latency, seconds", *latencies),
        ),
        (
            _graph("4xx and 5xx a minute", *errors),
            _graph("Throttles a minute", *metrics.throttles.values()),
        ),
        (
            _graph("Units consumed a minute", metrics.write_units, metrics.read_units),
            _graph("Requests per write unit", metrics.requests_per_write_unit),
        ),
        (
            _graph("Healthy tasks", metrics.healthy_tasks),
            _graph("Cold starts and failed canaries a minute", metrics.cold_starts, canary_errors),
        ),
    ):
        dashboard.add_widgets(left, right)


def _graph(title: str, *metrics: IMetric) -> GraphWidget:
    return GraphWidget(title=title, left=list(metrics), width=12)
