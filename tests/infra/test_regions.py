"""Regions in which CloudFormation lacks a resource type of a stage."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.cli.preflight_checks import BUDGET, VPC_ORIGIN
from infra.cli.preflight_row import Row, Verdict
from infra.outputs import STACKS
from infra.stage import Stage
from tests.infra.aws_answers import Refusal
from tests.infra.conftest import Templates
from tests.infra.test_preflight import check

EVERYTHING: dict[str, Any] = {
    "domain": "fib.example.org",
    "hosted_zone": "Z1",
    "alarm_email": "ops@example.org",
}


def test_preflight_asks_for_types_that_regions_lack(
    templates_of: Callable[..., Templates],
) -> None:
    """Prove it by cfn-lint's lists of the types that CloudFormation has in each region.

    The preflight asks only for these two types. A region that lacks any other lacks the first, too.
    """
    from cfnlint.helpers import REGIONS
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    stage = templates_of("dev", **EVERYTHING)
    types = {each["Type"] for stack in STACKS for each in stage.of_prefix("AWS::", stack=stack)}
    missing = {
        region: types - set(PROVIDER_SCHEMA_MANAGER.get_resource_types(region))
        for region in REGIONS
    }
    assert {BUDGET} in missing.values()
    for region, lacking_types in missing.items():
        assert VPC_ORIGIN in lacking_types or lacking_types <= {BUDGET}, region


def lacking(resource_type: str) -> Any:
    """Answer as CloudFormation does in a region without this resource type."""

    def answer(asked: str) -> dict[str, Any]:
        if resource_type in asked:
            raise Refusal("TypeNotFoundException", f"The type {resource_type} cannot be found.")
        return {"TypeName": "there"}

    return answer


def test_region_without_budgets_fails_for_a_stage_with_one() -> None:
    no_budgets = lacking(BUDGET)

    def row(**settings: Any) -> Row:
        stage = Stage(name="dev", **settings)
        return check(stage, "eu-north-1", cloudformation_DescribeType=no_budgets)["resource types"]

    assert row(alarm_email="ops@example.org") == Row(
        Verdict.FAILURE,
        "resource types",
        "VpcOrigin, Budget",
        "no AWS::Budgets::Budget",
        "set monthly_budget_dollars = 0 in stages.toml, and create a budget in the console",
    )
    for settings in ({}, {"alarm_email": "ops@example.org", "monthly_budget_dollars": 0}):
        assert row(**settings).verdict is Verdict.GOOD


@pytest.mark.parametrize("region", ["ap-east-2", "ap-southeast-6"])
def test_region_without_snapshots_fails(region: str) -> None:
    """CloudFormation knows the function's property there, but AWS Lambda refuses it."""
    row = check(region=region)["region"]
    assert row.verdict is Verdict.FAILURE
    assert "SnapStart" in row.advice


def test_region_without_vpc_origins_fails() -> None:
    no_origins = lacking(VPC_ORIGIN)
    row = check(region="us-gov-west-1", cloudformation_DescribeType=no_origins)["resource types"]
    assert row.verdict is Verdict.FAILURE
    assert row.advice == "deploy to another region"
