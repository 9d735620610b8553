"""What must stay the same from one deploy of a stage to the next, and between two regions.

CloudFormation can't replace or change some resources while others use them, so these tests pin what
the templates say about them. `docs/later-deploys.md` says what to do when one has to change.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra import ROOT
from infra.app import build, create_app
from infra.outputs import STACKS
from infra.stage import Stage
from tests.infra.conftest import NO_BUNDLING, Templates

PAGE = (ROOT / "docs/later-deploys.md").read_text()
TAGS = {"application": "fib", "stage": "dev"}
EVERYTHING: dict[str, Any] = {
    "domain": "fib.example.org",
    "hosted_zone": "Z1",
    "reserved_concurrency": 5,
    "min_tasks": 3,
    "access_log": True,
    "alarm_email": "ops@example.org",
}
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

    assert origin() == origin(**EVERYTHING)


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


def _exports(outputs: dict[str, dict[str, Any]]) -> set[str]:
    return {each["Export"]["Name"] for each in outputs.values() if "Export" in each}


def _exports_without(*consumers: str) -> dict[str, set[str]]:
    """Return what each stack exports if these stacks are not in the app."""
    app = create_app(NO_BUNDLING)
    build(app, Stage(name="dev", **EVERYTHING))
    for consumer in consumers:
        assert app.node.try_remove_child(f"fib-dev-{consumer}")
    assembly = app.synth()
    return {
        name: _exports(assembly.get_stack_by_name(f"fib-dev-{name}").template.get("Outputs", {}))
        for name in STACKS
        if name not in consumers
    }


@pytest.fixture(scope="module")
def explicit() -> dict[str, set[str]]:
    """What each stack exports by itself, whatever the other stacks use."""
    alone = _exports_without("api-gateway", "ecs", "website")
    return {**_exports_without("website"), **alone}


def _imports(part: Any) -> Iterator[str]:
    match part:
        case {"Fn::ImportValue": name}:
            yield name
        case dict():
            for each in part.values():
                yield from _imports(each)
        case list():
            for each in part:
                yield from _imports(each)


def test_exports_do_not_need_a_consumer(dev: Templates, explicit: dict[str, set[str]]) -> None:
    """Prove that a consumer can stop using a value.

    The CDK deploys the producer first. Without an explicit export, that deploy would remove a value
    that the consumer still imports, and CloudFormation refuses it.
    """
    assert explicit == {stack: _exports(dev.raw_outputs(stack)) for stack in explicit}


def test_each_import_has_an_explicit_export(
    templates_of: Callable[..., Templates], explicit: dict[str, set[str]]
) -> None:
    """Prove it with every setting, since a setting could add an import."""
    templates = templates_of("dev", **EVERYTHING)
    imported = {name for stack in STACKS for name in _imports(templates.resources(stack))}
    assert imported
    assert imported <= set().union(*explicit.values())


# What each stack imports, and the row of docs/later-deploys.md with the words that say so.
_BALANCER = "The load balancer, its listener and its target group"
DOCUMENTED = {
    "Counters": ("The table", "Three stacks import its name", 3),
    "Counters.Arn": ("The table", "two of them its ARN", 2),
    "Api.ApiEndpoint": ("The HTTP API", "imports its address", 1),
    "Api": ("The HTTP API", "its id", 1),
    "LoadBalancer": (_BALANCER, "imports the load balancer's ARN", 1),
    "LoadBalancer.DNSName": (_BALANCER, "its DNS name", 1),
    "LoadBalancer.LoadBalancerFullName": (_BALANCER, "the name of the load balancer", 1),
    "LoadBalancerListener": (_BALANCER, "the listener's ARN", 1),
    "LoadBalancerTargets.TargetGroupFullName": (_BALANCER, "the name of the target group", 1),
}


def _value(output: dict[str, Any]) -> str:
    """Return what an output refers to, without the hash of the logical id."""
    match output["Value"]:
        case {"Fn::GetAtt": [logical_id, attribute]}:
            return f"{logical_id[:-8]}.{attribute}"
        case {"Ref": logical_id}:
            return str(logical_id[:-8])
    raise AssertionError(output)


def test_imported_values_are_documented(dev: Templates) -> None:
    """A stack can't change what another one imports, so the page names each value."""
    values = {
        output["Export"]["Name"]: _value(output)
        for stack in STACKS
        for output in dev.raw_outputs(stack).values()
        if "Export" in output
    }
    importers = Counter(
        values[name] for stack in STACKS for name in set(_imports(dev.resources(stack)))
    )
    assert importers == {value: number for value, (_, _, number) in DOCUMENTED.items()}
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|", PAGE, re.MULTILINE))
    for row, words, _ in DOCUMENTED.values():
        assert words in rows[row]


def test_other_zones_would_need_the_same_addresses(
    templates_of: Callable[..., Templates],
) -> None:
    """Prove that a stage can't change its zones: CloudFormation creates the new subnets first."""

    def blocks(zones: str) -> dict[str, str]:
        subnets = templates_of("dev", availability_zones=zones).of("AWS::EC2::Subnet")
        return {
            each["Properties"]["CidrBlock"]: each["Properties"]["AvailabilityZone"]
            for each in subnets
        }

    before, after = blocks("us-east-1a,us-east-1b"), blocks("us-east-1c,us-east-1d")
    assert before.keys() == after.keys()
    assert not set(before.values()) & set(after.values())
    (row,) = re.findall(r"^\| The availability zones and the network \|.*$", PAGE, re.MULTILINE)
    assert "the same addresses" in row
    assert "Deploy another stage, move the index" in row
