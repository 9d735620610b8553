"""What must stay the same from one deploy of a stage to the next, and between two regions.

CloudFormation can't replace or change some resources while others use them, so these tests pin what
the templates say about them. `docs/later-deploys.md` says what to do when one has to change.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.infra.conftest import Templates

TAGS = {"application": "fib", "stage": "dev"}
# Resources whose names are unique in an account, whatever the region, and where the name is.
ACCOUNT_WIDE = {
    "AWS::CloudFront::ResponseHeadersPolicy": ("ResponseHeadersPolicyConfig", "Name"),
    "AWS::CloudFront::OriginRequestPolicy": ("OriginRequestPolicyConfig", "Name"),
    "AWS::CloudFront::OriginAccessControl": ("OriginAccessControlConfig", "Name"),
    "AWS::CloudFront::VpcOrigin": ("VpcOriginEndpointConfig", "Name"),
    "AWS::CloudFront::Function": ("Name",),
    "AWS::CloudWatch::Dashboard": ("DashboardName",),
    "AWS::Budgets::Budget": ("Budget", "BudgetName"),
}


def test_vpc_origin_has_no_tags(dev: Templates) -> None:
    """Prove that no tag can change it: an update of a VPC origin in use answers 409."""
    assert "Tags" not in dev.one("AWS::CloudFront::VpcOrigin")


def test_stacks_have_no_tags(dev: Templates) -> None:
    """Prove the same for tags of the stack, which CloudFormation copies to every resource."""
    for artifact in dev.manifest()["artifacts"].values():
        assert not artifact.get("properties", {}).get("tags"), artifact


def test_other_resources_are_tagged(dev: Templates) -> None:
    table = dev.one("AWS::DynamoDB::Table")
    assert {tag["Key"]: tag["Value"] for tag in table["Tags"]} == TAGS


def test_vpc_origin_depends_on_no_setting(templates_of: Callable[..., Templates]) -> None:
    def origin(**settings: Any) -> dict[str, Any]:
        return templates_of("dev", **settings).one("AWS::CloudFront::VpcOrigin")

    everything = {
        "domain": "fib.example.org",
        "hosted_zone": "Z1",
        "reserved_concurrency": 5,
        "min_tasks": 3,
        "access_log": True,
        "alarm_email": "ops@example.org",
    }
    assert origin() == origin(**everything)


@pytest.mark.parametrize("kind", ACCOUNT_WIDE)
def test_account_wide_names_contain_the_region(
    kind: str, templates_of: Callable[..., Templates]
) -> None:
    """Prove that a second region of one stage does not collide with the first."""
    name: Any = templates_of("dev", alarm_email="ops@example.org").one(kind)
    for key in ACCOUNT_WIDE[kind]:
        name = name[key]
    assert '{"Ref": "AWS::Region"}' in json.dumps(name)
