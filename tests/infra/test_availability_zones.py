"""The choice of a stage's zones by zone id, against stubbed answers of AWS."""

from typing import Any

import pytest

from infra.cli.availability_zones import UNUSABLE, choose_zones
from infra.cli.command_errors import NoAccount
from infra.stage import Stage
from tests.infra.aws_answers import Refusal, account_with

NO_STACK = Refusal("ValidationError", "Stack with id fib-dev-ecs does not exist")


def answers(zones: dict[str, str], *, stack: Any = NO_STACK) -> dict[str, Any]:
    """Return the answers of an account whose zones have these ids, by name."""
    described = [{"ZoneName": name, "ZoneId": zone_id} for name, zone_id in zones.items()]
    return {
        "ec2.DescribeAvailabilityZones": {"AvailabilityZones": described},
        "cloudformation.DescribeStacks": stack,
    }


def ecs_stack(**outputs: str) -> dict[str, Any]:
    listed = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    return {"Stacks": [{"StackStatus": "UPDATE_COMPLETE", "Outputs": listed}]}


def test_unusable_zones_are_left_out() -> None:
    """Prove it for an account whose first zone name is the zone without VPC origins."""
    zones = {"us-east-1a": "use1-az3", "us-east-1b": "use1-az6", "us-east-1c": "use1-az1"}
    account = account_with(answers(zones))
    assert choose_zones(account, Stage(name="dev")) == ["us-east-1c", "us-east-1b"]


def test_choice_does_not_depend_on_zone_names() -> None:
    ids = ["use1-az1", "use1-az2", "use1-az4"]
    for names in (["a", "b", "c"], ["c", "a", "b"]):
        zones = {f"us-east-1{name}": zone_id for name, zone_id in zip(names, ids, strict=True)}
        chosen = choose_zones(account_with(answers(zones)), Stage(name="dev"))
        assert [zones[name] for name in chosen] == ["use1-az1", "use1-az2"]


def test_deployed_stage_keeps_its_zones() -> None:
    """Prove that a new zone, or a longer list of unusable ones, moves no load balancer."""
    stack = ecs_stack(AvailabilityZones="us-east-1e,us-east-1f")
    account = account_with(answers({"us-east-1a": "use1-az1"}, stack=stack))
    assert choose_zones(account, Stage(name="dev")) == ["us-east-1e", "us-east-1f"]


def test_failed_first_deploy_chooses_again() -> None:
    zones = {"us-east-1a": "use1-az1", "us-east-1b": "use1-az2"}
    account = account_with(answers(zones, stack=ecs_stack()))
    assert choose_zones(account, Stage(name="dev")) == ["us-east-1a", "us-east-1b"]


def test_region_without_two_usable_zones_is_refused() -> None:
    account = account_with(answers({"us-west-1a": "usw1-az1", "us-west-1b": "usw1-az2"}))
    with pytest.raises(NoAccount, match="1 usable availability zones"):
        choose_zones(account, Stage(name="dev"))


def test_zones_without_vpc_origins_are_unusable() -> None:
    assert {"use1-az3", "usw1-az2", "apne1-az3", "cac1-az3", "apne2-az1"} <= set(UNUSABLE)
