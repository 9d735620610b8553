"""The dashboard, the alarms, and what is logged for how long."""

import json

from tests.infra.conftest import Templates, as_text


def test_what_can_go_wrong_raises_an_alarm(dev: Templates) -> None:
    names = {alarm["Properties"]["AlarmName"] for alarm in dev.of("AWS::CloudWatch::Alarm")}
    assert names == {
        f"fib-dev-website-{name}"
        for name in (
            "ServerFailures",
            "LambdaFailures",
            "Throttles",
            "ServerSlow",
            "LambdaSlow",
            "NoHealthyTask",
        )
    }


def test_an_alarm_tells_of_no_task_even_where_nothing_is_measured(dev: Templates) -> None:
    (alarm,) = [
        each["Properties"]
        for each in dev.of("AWS::CloudWatch::Alarm")
        if each["Properties"]["AlarmName"].endswith("NoHealthyTask")
    ]
    assert alarm["MetricName"] == "HealthyHostCount"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"


def test_the_dashboard_shows_what_is_asked_of_it(dev: Templates) -> None:
    body = json.loads(as_text(dev.one("AWS::CloudWatch::Dashboard")["DashboardBody"]))
    graphs = [widget["properties"] for widget in body["widgets"] if widget["type"] == "metric"]
    metrics = json.dumps([graph["metrics"] for graph in graphs])
    for name in (
        *("RequestCount", "Count", "TargetResponseTime", "Latency"),
        *("HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count", "4xx", "5xx"),
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
