"""What `infra/README.md` says of money and alarms is true, and the picture of the cloud as well."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import cost
from tests.infra.conftest import Templates

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
INFRA_README = (ROOT / "infra/README.md").read_text()


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates("dev")


def test_the_cost_is_that_of_the_prices_and_the_bench() -> None:
    assert cost.tables() in INFRA_README


def test_every_alarm_has_a_line_in_the_runbook(templates: Templates) -> None:
    rows = re.findall(r"^\| (`.+?) \|", INFRA_README, re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    alarms = {
        alarm["Properties"]["AlarmName"].removeprefix("fib-dev-website-")
        for alarm in templates.of("AWS::CloudWatch::Alarm")
    }
    assert told == alarms


@pytest.mark.parametrize("link", re.findall(r"\]\(((?!http)[^)#]+)[^)]*\)", INFRA_README))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / "infra" / link).exists()


def _kind_of(origin: dict[str, Any]) -> str:
    if "VpcOriginConfig" in origin:
        return "load balancer"
    return "HTTP API" if "CustomOriginConfig" in origin else "S3 bucket"


def _behind(templates: Templates) -> dict[str, str]:
    """Return what stands behind each kind of origin, by what the templates say."""
    target = templates.one("AWS::ApplicationAutoScaling::ScalableTarget")
    tasks = f"{target['MinCapacity']} to {target['MaxCapacity']} Fargate tasks"
    assert templates.one("AWS::ElasticLoadBalancingV2::TargetGroup")["TargetType"] == "ip"
    assert templates.one("AWS::ECS::Service")["LoadBalancers"]
    assert "Alias" in templates.one("AWS::ApiGatewayV2::Integration")["IntegrationUri"]["Ref"]
    return {"load balancer": tasks, "HTTP API": "Lambda function", "S3 bucket": "the page"}


def _ways(templates: Templates) -> Iterator[str]:
    """Write each way of a request through the distribution as the README's picture has it."""
    distribution = templates.one("AWS::CloudFront::Distribution")["DistributionConfig"]
    kinds = {origin["Id"]: _kind_of(origin) for origin in distribution["Origins"]}
    behind = _behind(templates)
    for path, behaviour in [
        ("/", distribution["DefaultCacheBehavior"]),
        *((each["PathPattern"], each) for each in distribution["CacheBehaviors"]),
    ]:
        kind = kinds[behaviour["TargetOriginId"]]
        yield f"{path} {kind} {behind[kind]}"


def test_the_picture_of_the_cloud_shows_each_way_of_a_request(templates: Templates) -> None:
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
