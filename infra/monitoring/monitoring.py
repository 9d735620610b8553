"""What is watched: one dashboard, and the alarms that the runbook answers."""

from typing import Final

from aws_cdk import Stack
from aws_cdk.aws_cloudwatch import (
    Alarm,
    AlarmStatusWidget,
    ComparisonOperator,
    Dashboard,
    GraphWidget,
    IMetric,
    TreatMissingData,
)
from constructs import Construct

from infra.monitoring.metrics import CounterMetrics

SLOW_SECONDS: Final = 0.5
FAILURES_PER_MINUTE: Final = 5
# An alarm wants three bad minutes of five: one can be a deploy or a spike.
MINUTES: Final = 5
BAD_MINUTES: Final = 3


class Monitoring(Construct):
    """The dashboard and the alarms.

    Args:
        scope: The stack that holds it.
        metrics: What is measured.
    """

    def __init__(self, scope: Construct, *, metrics: CounterMetrics) -> None:
        super().__init__(scope, "Monitoring")
        alarms = [
            *(
                self._alarm(f"{backend.title()}Failures", failures, above=FAILURES_PER_MINUTE)
                for backend, failures in metrics.failures.items()
            ),
            self._alarm("Throttles", metrics.throttles, above=0),
            *(
                self._alarm(f"{backend.title()}Slow", latencies["p95"], above=SLOW_SECONDS)
                for backend, latencies in metrics.latencies.items()
            ),
            self._alarm("NoHealthyTask", metrics.healthy_tasks, below=1),
        ]
        dashboard = Dashboard(self, "Dashboard", dashboard_name=Stack.of(scope).stack_name)
        dashboard.add_widgets(AlarmStatusWidget(alarms=alarms, width=24))
        latencies = [each for by in metrics.latencies.values() for each in by.values()]
        failures = [*metrics.refusals.values(), *metrics.failures.values()]
        for left, right in (
            (
                _graph("Requests a minute", *metrics.requests.values()),
                _graph("Latency, seconds", *latencies),
            ),
            (_graph("4xx and 5xx a minute", *failures), _graph("Throttles", metrics.throttles)),
            (
                _graph("Units consumed a minute", metrics.write_units, metrics.read_units),
                _graph("Requests per write unit", metrics.requests_per_write_unit),
            ),
            (
                _graph("Healthy tasks", metrics.healthy_tasks),
                _graph("Cold starts a minute", metrics.cold_starts),
            ),
        ):
            dashboard.add_widgets(left, right)

    def _alarm(
        self, name: str, metric: IMetric, *, above: float | None = None, below: float | None = None
    ) -> Alarm:
        """Return an alarm on a metric above a threshold, or below one or missing."""
        return Alarm(
            self,
            name,
            alarm_name=f"{Stack.of(self).stack_name}-{name}",
            metric=metric,
            threshold=(above if above is not None else below) or 0,
            comparison_operator=ComparisonOperator.GREATER_THAN_THRESHOLD
            if above is not None
            else ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=MINUTES,
            datapoints_to_alarm=BAD_MINUTES,
            # Where nobody asks, nothing fails; where no task is, nothing is counted.
            treat_missing_data=TreatMissingData.NOT_BREACHING
            if above is not None
            else TreatMissingData.BREACHING,
        )


def _graph(title: str, *metrics: IMetric) -> GraphWidget:
    return GraphWidget(title=title, left=list(metrics), width=12)
