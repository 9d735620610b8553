"""What must stay the same from one deploy of a stage to the next, and between two regions.

CloudFormation can't replace or change some resources while others use them, so these tests pin what
the templates say about them. `docs/later-deploys.md` says what to do when one has to change.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from infra import ROOT
from infra.outputs import STACKS
from tests.infra.conftest import Templates

PAGE = (ROOT / "docs/later-deploys.md").read_text()
TAGS = {"application": "fib", "stage": "dev"}
# Resources whose names are unique in an account, whatever the region, and where the name is.
ACCOUNT_WIDE = {
    "AWS::CloudFront::ResponseHeadersPolicy": ("ResponseHeadersPolicyConfig", "Name"),
    "AWS::CloudFront::OriginRequestPolicy": ("OriginRequestPolicyConfig", "Name"),
    "AWS::CloudFront::OriginAccessControl": ("OriginAccessControlConfig", "Name"),
    "AWS::CloudFront::VpcOrigin": ("VpcOriginEndpointConfig", "Name"),
    "AWS::CloudFront::Function": ("Name",),
    "AWS::CloudWatch::Dashboard": ("DashboardName",),
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


# CloudFormation knows a resource by its logical id, and replaces one whose id changes. These hold
# data, an address, or what another stack imports.
IRREPLACEABLE = {
    "AWS::DynamoDB::Table": "CountersFDB211E7",
    "AWS::ApiGatewayV2::Api": "ApiF70053CD",
    "AWS::EC2::VPC": "Vpc8378EB38",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "LoadBalancer8E47CE52",
    "AWS::S3::Bucket": "SiteE53D7754",
    "AWS::CloudFront::VpcOrigin": "ServerOriginCDC5E063",
    "AWS::CloudFront::Distribution": "Distribution20DB6340",
}


def test_irreplaceable_resources_keep_their_ids(dev: Templates, prod: Templates) -> None:
    for templates in (dev, prod):
        ids = {
            resource["Type"]: logical_id
            for stack in STACKS
            for logical_id, resource in templates.resources(stack).items()
            if resource["Type"] in IRREPLACEABLE
        }
        assert ids == IRREPLACEABLE


def test_imported_values_are_those_documented(dev: Templates) -> None:
    """A stack can't change what another one imports; docs/later-deploys.md lists these."""
    exported = {
        stack: sorted(
            output["Export"]["Name"].partition(":")[2].removeprefix("ExportsOutput")
            for output in dev.raw_outputs(stack).values()
            if "Export" in output
        )
        for stack in STACKS
    }
    kinds = {
        stack: {re.sub(r"(FnGetAtt|Ref)|[0-9A-F]{8}.*$", "", name) for name in names}
        for stack, names in exported.items()
    }
    assert kinds == {
        "storage": {"Counters"},
        "api-gateway": {"Api"},
        "ecs": {"LoadBalancer", "LoadBalancerListener", "LoadBalancerTargets"},
        "website": set(),
    }
    documented = "".join(re.findall(r"^\| ([^|]+) \|", PAGE, re.MULTILINE)).lower()
    for name in ("table", "http api", "load balancer", "listener", "target group"):
        assert name in documented
