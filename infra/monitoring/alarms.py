"""The alarms. `docs/runbook.md` lists the faults that each of them reports, and what to do."""

from typing import Final

from aws_cdk import Stack
from aws_cdk.aws_cloudwatch import Alarm, ComparisonOperator, IMetric, TreatMissingData
from constructs import Construct

from infra.monitoring.metrics import CounterMetrics

SLOW_SECONDS: Final = 0.5
FAILURES_PER_MINUTE: Final = 5
FAILURES_PERCENT: Final = 5
# Processes that share the item find their shares by being throttled now and then: docs/scaling.md.
THROTTLED_PERCENT: Final = 10
# One bad minute can be a deploy or a spike, so an alarm goes off after three bad minutes of five.
MINUTES: Final = 5
BAD_MINUTES: Final = 3


def create_alarms(
    scope: Construct, *, metrics: CounterMetrics, canary_errors: IMetric, with_cloudfront: bool
) -> list[Alarm]:
    """Return all alarms of a stage.

    Args:
        scope: The construct that contains the alarms.
        metrics: What is measured.
        canary_errors: How many runs of the canary failed, per minute.
        with_cloudfront: Whether CloudFront's own metrics can be read in this region.
    """
    failures, throttles = metrics.failure_shares, metrics.throttle_shares
    latencies = metrics.latencies
    above: dict[str, tuple[IMetric, float]] = {
        "ServerFailures": (failures["server"], FAILURES_PERCENT),
        "LambdaFailures": (failures["lambda"], FAILURES_PERCENT),
        "LoadBalancerFailures": (metrics.load_balancer_failures, FAILURES_PER_MINUTE),
        "WritesThrottled": (throttles["writes"], THROTTLED_PERCENT),
        "ReadsThrottled": (throttles["reads"], THROTTLED_PERCENT),
        "ServerSlow": (latencies["server"]["p95"], SLOW_SECONDS),
        "LambdaSlow": (latencies["lambda"]["p95"], SLOW_SECONDS),
    }
    if with_cloudfront:
        above["CloudFrontFailures"] = (metrics.cloudfront_failures, FAILURES_PERCENT)
    alarms = [
        # A minute without requests has no failures.
        _alarm(scope, name, metric, above=threshold, missing=TreatMissingData.NOT_BREACHING)
        for name, (metric, threshold) in above.items()
    ]
    # A canary that does not run, and a target group without tasks, send no numbers at all.
    alarms.append(
        _alarm(scope, "CanaryFails", canary_errors, above=0, missing=TreatMissingData.BREACHING)
    )
    alarms.append(
        _alarm(
            scope,
            "NoHealthyTask",
            metrics.healthy_tasks,
            below=1,
            missing=TreatMissingData.BREACHING,
        )
    )
    return alarms


def _alarm(
    scope: Construct,
    name: str,
    metric: IMetric,
    *,
    above: float | None = None,
    below: float = 0,
    missing: TreatMissingData,
) -> Alarm:
    return Alarm(
        scope,
        name,
        alarm_name=f"{Stack.of(scope).stack_name}-{name}",
        metric=metric,
        threshold=below if above is None else above,
        comparison_operator=ComparisonOperator.LESS_THAN_THRESHOLD
        if above is None
        else ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=MINUTES,
        datapoints_to_alarm=BAD_MINUTES,
        treat_missing_data=missing,
    )
