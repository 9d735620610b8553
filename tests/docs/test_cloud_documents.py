"""The pages about the cloud are true: costs, links, and the README's picture."""

import ast
import operator
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infra.conftest import Templates

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / f"docs/{name}.md" for name in ("first-deploy", "later-deploys", "runbook", "costs")]
COSTS = (ROOT / "docs/costs.md").read_text()
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates("dev")


def _value(formula: ast.expr) -> float:
    match formula:
        case ast.BinOp(left, operation, right):
            return float(OPERATORS[type(operation)](_value(left), _value(right)))
        case ast.Constant(value):
            assert isinstance(value, int | float)
            return value
    raise AssertionError(ast.dump(formula))


@pytest.mark.parametrize(
    ("formula", "result"),
    re.findall(r"^\|.+\| `([^`]+)` \| ([\d.]+) \|$", COSTS, re.MULTILINE),
)
def test_cost_is_what_its_formula_gives(formula: str, result: str) -> None:
    assert f"{_value(ast.parse(formula, mode='eval').body):.2f}" == result


def test_costs_count_each_metered_part_of_a_request() -> None:
    """Prove that the page has a price for everything that a request goes through."""
    prices = re.findall(r"^\| ([^|]+) \| ([\d.]+) \| (?:million|GB|LCU)", COSTS, re.MULTILINE)
    assert {name.strip() for name, _ in prices} >= {
        "CloudFront, data to viewers in North America and Europe",
        "CloudFront, HTTPS requests in North America",
        "CloudFront Function",
        "Load balancer, capacity",
        "HTTP API",
        "DynamoDB, on-demand write",
        "DynamoDB, on-demand read, consistent",
        "Lambda, requests",
    }


def test_costs_count_every_alarm(templates: Templates) -> None:
    alarms = templates.of("AWS::CloudWatch::Alarm")
    metrics = sum(
        len(
            [
                each
                for each in alarm["Properties"].get("Metrics", [0])
                if each == 0 or "MetricStat" in each
            ]
        )
        for alarm in alarms
    )
    assert f"alarms: {len(alarms)} of ours on {metrics} metrics, 4 of scaling" in COSTS


# As at https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html
LAMBDA_LINES = """\
START RequestId: 8f507cfc-xmpl-4697-b07a-ac58fc914c95 Version: 12
END RequestId: 8f507cfc-xmpl-4697-b07a-ac58fc914c95
REPORT RequestId: 8f507cfc-xmpl-4697-b07a-ac58fc914c95\tDuration: 12.49 ms\t\
Billed Duration: 13 ms\tMemory Size: 1024 MB\tMax Memory Used: 120 MB
"""
API_GATEWAY_VALUES = {
    "requestId": "JKJaXmPLvHcESHA=",
    "requestTime": "10/Mar/2026:00:03:59 +0000",
    "httpMethod": "POST",
    "status": "200",
    "responseLatency": "14",
}


def test_costs_count_the_log_of_the_lambda_backend(templates: Templates) -> None:
    """Prove that the lines have that size: AWS Lambda's text lines, and API Gateway's format."""
    functions = templates.of("AWS::Lambda::Function", stack="api-gateway")
    assert functions
    assert not any("LogFormat" in str(function) for function in functions)
    line = templates.one("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]["Format"]
    line = re.sub(r"\$context\.(\w+)", lambda name: API_GATEWAY_VALUES[name[1]], line)
    (counted,) = re.findall(r"`1000000 \* \((\d+) \+ 4 \* 26\)", COSTS)
    assert int(counted) == pytest.approx(len(LAMBDA_LINES) + len(line), rel=0.1)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    links = re.findall(r"\]\(((?!http)[^)]+)\)", page.read_text())
    for link in links:
        name, _, heading = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
        assert not heading or heading in {each.lower().replace(" ", "-") for each in headings}, link


def _kind_of(origin: dict[str, Any]) -> str:
    if "VpcOriginConfig" in origin:
        return "load balancer"
    return "HTTP API" if "CustomOriginConfig" in origin else "S3 bucket"


def _behind(templates: Templates) -> dict[str, str]:
    """Return what is behind each kind of origin, according to the templates."""
    target = templates.one("AWS::ApplicationAutoScaling::ScalableTarget")
    tasks = f"{target['MinCapacity']} to {target['MaxCapacity']} Fargate tasks"
    assert templates.one("AWS::ElasticLoadBalancingV2::TargetGroup")["TargetType"] == "ip"
    assert templates.one("AWS::ECS::Service")["LoadBalancers"]
    assert "Alias" in templates.one("AWS::ApiGatewayV2::Integration")["IntegrationUri"]["Ref"]
    return {"load balancer": tasks, "HTTP API": "Lambda function", "S3 bucket": "the page"}


def _ways(templates: Templates) -> Iterator[str]:
    """Yield each way of a request through the distribution as the README's picture draws it."""
    distribution = templates.one("AWS::CloudFront::Distribution")["DistributionConfig"]
    kinds = {origin["Id"]: _kind_of(origin) for origin in distribution["Origins"]}
    behind = _behind(templates)
    for path, behaviour in [
        ("/", distribution["DefaultCacheBehavior"]),
        *((each["PathPattern"], each) for each in distribution["CacheBehaviors"]),
    ]:
        kind = kinds[behaviour["TargetOriginId"]]
        yield f"{path} {kind} {behind[kind]}"


def test_picture_shows_each_way_of_a_request(templates: Templates) -> None:
    (picture,) = re.findall(r"```\n(browser .+?)```", README, re.DOTALL)
    drawn = [
        re.sub(r"[^\w/* ]+", " ", line.partition("─ /")[2]) for line in picture.splitlines() if line
    ]
    shown = [" ".join(f"/{line}".split()) for line in drawn]
    assert [line.removesuffix(" DynamoDB table") for line in shown] == list(_ways(templates))
    # The last of the ways that count ends at the table that all of them count in.
    assert shown[-1].endswith(" DynamoDB table")
    counting = {"ecs", "api-gateway"}
    assert all(
        "dynamodb:UpdateItem" in str(templates.of("AWS::IAM::Policy", stack=each))
        for each in counting
    )
