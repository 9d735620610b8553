"""The alarms, what they report by the runbook, whom they tell, the canary and the dashboard."""

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from infra import ROOT
from tests.infra.conftest import Templates, as_text

RUNBOOK = (ROOT / "docs/runbook.md").read_text()
# A percentage has a number in every minute with a fault. Every request that fails is counted among
# the requests too, but if DynamoDB throttles everything, there is no number of successes.
SHARES = {
    **dict.fromkeys(["ServerFailures", "LambdaFailures"], "100 * faults / requests"),
    **dict.fromkeys(
        ["WritesThrottled", "ReadsThrottled"], "100 * faults / (faults + FILL(successes, 0))"
    ),
}
OPERATORS = {">": "GreaterThanThreshold", "<": "LessThanThreshold"}
EMAIL = "ops@example.org"


class Promise(NamedTuple):
    """A row of the runbook's table: a fault, and the alarm that reports it."""

    fault: str
    alarm: str
    metric: str
    statistic: str
    percent: str
    operator: str
    threshold: str
    missing: str
    minutes: str


_ROW = re.compile(
    r"^\| (.+?) \| `(\w+)` \| `(\w+)` (\w+)(, in percent)? ([<>]) ([\d.]+)(, or missing)? "
    r"\| (\d+) minutes \|$",
    re.MULTILINE,
)
PROMISES = [Promise(*row) for row in _ROW.findall(RUNBOOK)]


def _alarms(templates: Templates) -> dict[str, dict[str, Any]]:
    return {
        alarm["Properties"]["AlarmName"].rpartition("-")[2]: alarm["Properties"]
        for alarm in templates.of("AWS::CloudWatch::Alarm")
    }


def _measured(alarm: dict[str, Any]) -> set[tuple[str, str, int]]:
    """Return the metric, the statistic and the seconds of what an alarm reads.

    Of a percentage, it is that of the faults.
    """
    if "MetricName" in alarm:
        statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        return {(alarm["MetricName"], statistic, alarm["Period"])}
    metrics = [each for each in alarm["Metrics"] if "MetricStat" in each]
    faults = [each for each in metrics if each["Id"] == "faults"]
    stats = [each["MetricStat"] for each in faults or metrics]
    return {(each["Metric"]["MetricName"], each["Stat"], each["Period"]) for each in stats}


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.fault)
def test_alarm_reports_the_fault_as_documented(dev: Templates, promise: Promise) -> None:
    alarm = _alarms(dev)[promise.alarm]
    assert _measured(alarm) == {(promise.metric, promise.statistic, 60)}
    assert bool(promise.percent) == (promise.alarm in SHARES)
    assert alarm["ComparisonOperator"] == OPERATORS[promise.operator]
    assert alarm["Threshold"] == float(promise.threshold)
    assert alarm["DatapointsToAlarm"] == int(promise.minutes)
    assert alarm["EvaluationPeriods"] == 5
    assert alarm["TreatMissingData"] == ("breaching" if promise.missing else "notBreaching")


def test_every_alarm_is_in_the_runbook(dev: Templates) -> None:
    advised = {
        name
        for row in re.findall(r"^\| (`[^|]+`) \| [^|]+ \|$", RUNBOOK, re.MULTILINE)
        for name in re.findall(r"`([A-Z]\w+)`", row)
    }
    assert {promise.alarm for promise in PROMISES} == set(_alarms(dev))
    assert set(_alarms(dev)) <= advised


def test_alarms_on_two_metrics_are_percentages_of_faults(dev: Templates) -> None:
    """Prove that no alarm stays silent because one of its metrics has no number in a minute."""
    found = {}
    for name, alarm in _alarms(dev).items():
        metrics = alarm.get("Metrics", [])
        if len([each for each in metrics if "MetricStat" in each]) > 1:
            (found[name],) = [each["Expression"] for each in metrics if "Expression" in each]
    assert found == SHARES


def test_alarms_read_the_resources_they_name(dev: Templates) -> None:
    """Prove that the metrics of CloudFront and of the canary are those of this stage."""

    def dimensions(alarm: str) -> dict[str, Any]:
        properties = _alarms(dev)[alarm]
        if "Dimensions" not in properties:
            (metric,) = properties["Metrics"]
            properties = metric["MetricStat"]["Metric"]
        return {each["Name"]: each["Value"] for each in properties["Dimensions"]}

    cloudfront = dimensions("CloudFrontFailures")
    assert cloudfront["Region"] == "Global"
    assert "Distribution" in cloudfront["DistributionId"]["Ref"]
    assert "Canary" in dimensions("CanaryFails")["FunctionName"]["Ref"]


def test_cloudfront_alarm_exists_in_its_region_only(
    templates_of: Callable[..., Templates], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_DEFAULT_REGION", "eu-west-1")
    elsewhere = templates_of("dev", min_tasks=1)
    assert "CloudFrontFailures" not in _alarms(elsewhere)
    assert "CanaryFails" in _alarms(elsewhere)


def test_canary_calls_everything_each_minute(dev: Templates) -> None:
    rule = dev.one("AWS::Events::Rule")
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    (target,) = rule["Targets"]
    assert "Canary" in target["Arn"]["Fn::GetAtt"][0]
    (function,) = [
        each["Properties"]
        for each in dev.of("AWS::Lambda::Function", stack="website")
        if "ZipFile" in each["Properties"]["Code"]
    ]
    urls = as_text(function["Environment"]["Variables"]["CANARY_URLS"]).split()
    site = dev.outputs("website")
    # A call of the Lambda backend also keeps its version active, which AWS deactivates otherwise.
    assert urls == [
        f"{site['WebsiteUrl']}/",
        f"{site['ServiceUrl']}/current",
        f"{site['LambdaUrl']}/current",
    ]
    assert len(function["Code"]["ZipFile"]) < 4_096  # CloudFormation's limit


def test_failed_canary_is_not_repeated(dev: Templates) -> None:
    """Prove that one failure counts once: AWS Lambda repeats failed events by default."""
    assert dev.one("AWS::Lambda::EventInvokeConfig")["MaximumRetryAttempts"] == 0


def test_alarms_and_budget_send_e_mail(templates_of: Callable[..., Templates]) -> None:
    told = templates_of("dev", alarm_email=EMAIL, monthly_budget_dollars=50)
    subscription = told.one("AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", EMAIL)
    for alarm in _alarms(told).values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [subscription["TopicArn"]]
    statements = told.one("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    allowed = [each["Principal"] for each in statements if each["Effect"] == "Allow"]
    assert allowed == [{"Service": "cloudwatch.amazonaws.com"}]
    budget = told.one("AWS::Budgets::Budget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 50, "Unit": "USD"}
    assert budget["Budget"]["TimeUnit"] == "MONTHLY"
    # A change of the address replaces the budget, which a fixed name would prevent.
    assert "BudgetName" not in budget["Budget"]
    warned = {
        each["Notification"]["NotificationType"]: each["Subscribers"]
        for each in budget["NotificationsWithSubscribers"]
    }
    address = [{"Address": EMAIL, "SubscriptionType": "EMAIL"}]
    assert warned == {"ACTUAL": address, "FORECASTED": address}


def test_nobody_is_told_without_an_address(dev: Templates) -> None:
    assert not dev.of("AWS::SNS::Topic")
    assert not dev.of("AWS::Budgets::Budget")


def test_budget_can_be_left_out(templates_of: Callable[..., Templates]) -> None:
    told = templates_of("dev", alarm_email=EMAIL, monthly_budget_dollars=0)
    assert told.of("AWS::SNS::Topic")
    assert not told.of("AWS::Budgets::Budget")


def test_dashboard_shows_all_metrics(dev: Templates) -> None:
    body = json.loads(as_text(dev.one("AWS::CloudWatch::Dashboard")["DashboardBody"]))
    graphs = [widget["properties"] for widget in body["widgets"] if widget["type"] == "metric"]
    metrics = json.dumps([graph["metrics"] for graph in graphs])
    for name in (
        *("RequestCount", "Count", "TargetResponseTime", "Latency"),
        *("HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count", "4xx", "5xx"),
        *("HTTPCode_ELB_5XX_Count", "Errors"),
        *("ThrottledRequests", "ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"),
        *("HealthyHostCount", "ColdStarts", "p50", "p95", "p99"),
    ):
        assert f'"{name}"' in metrics, name
    (shared,) = [graph for graph in graphs if graph["title"] == "Requests per write unit"]
    assert shared["metrics"][0][0]["expression"] == "(FILL(server, 0) + FILL(lambda, 0)) / writes"
    assert {metric[1] for metric in shared["metrics"][1:]} == {
        "RequestCount",
        "Count",
        "ConsumedWriteCapacityUnits",
    }
