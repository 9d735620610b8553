"""The roles with which GitHub deploys: they may do what the commands do, and no more."""

import re
from typing import Any

import pytest
import yaml

from infra import ROOT
from infra.cli.service_linked_roles import SERVICES
from tests.infra.test_destroy_command import stuck_answers

TEMPLATE = ROOT / "infra/github_deploy_role.yaml"
WORKFLOW = ROOT / ".github/workflows/deploy.yml"
IAM_NAMES = {"service-quotas": "servicequotas"}


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short functions as plain values."""


Loader.add_multi_constructor(
    "!",
    lambda loader, _, node: (
        loader.construct_scalar(node)
        if isinstance(node, yaml.ScalarNode)
        else loader.construct_sequence(node, deep=True)
    ),
)


def template() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.load(TEMPLATE.read_text(), Loader)
    return parsed


def role(name: str) -> dict[str, Any]:
    properties: dict[str, Any] = template()["Resources"][name]["Properties"]
    return properties


def actions(name: str) -> set[str]:
    (policy,) = role(name)["Policies"]
    return {
        action
        for statement in policy["PolicyDocument"]["Statement"]
        for action in (
            statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        )
    }


def test_deploy_role_may_ask_what_the_commands_ask() -> None:
    """Prove it by the calls that the tests of `make preflight` and `make destroy` answer."""
    asked = {*stuck_answers(), "route53.GetHostedZone"}
    needed = {
        f"{IAM_NAMES.get(service, service)}:{operation}"
        for service, _, operation in (call.partition(".") for call in asked)
    }
    assert needed <= actions("DeployRole")


def test_deploy_role_creates_known_service_linked_roles_only() -> None:
    (policy,) = role("DeployRole")["Policies"]
    (statement,) = [
        each
        for each in policy["PolicyDocument"]["Statement"]
        if each["Action"] == "iam:CreateServiceLinkedRole"
    ]
    allowed = statement["Condition"]["StringEquals"]["iam:AWSServiceName"]
    assert tuple(allowed) == SERVICES


def test_roles_change_nothing_by_themselves() -> None:
    reads = re.compile(r"\w+:(Describe|Get|List)\w+")
    assert {each for each in actions("DeployRole") if not reads.fullmatch(each)} == {
        "sts:AssumeRole",
        "iam:CreateServiceLinkedRole",
    }
    assert {each for each in actions("DiffRole") if not reads.fullmatch(each)} == {"sts:AssumeRole"}


@pytest.mark.parametrize(
    ("name", "operator", "subject"),
    [
        ("DiffRole", "StringEquals", "repo:${Repository}:pull_request"),
        ("DeployRole", "StringEquals", "repo:${Repository}:environment:${Environment}"),
    ],
)
def test_only_jobs_of_the_repository_get_a_role(name: str, operator: str, subject: str) -> None:
    (statement,) = role(name)["AssumeRolePolicyDocument"]["Statement"]
    issuer = "token.actions.githubusercontent.com"
    assert statement["Condition"][operator][f"{issuer}:sub"] == subject
    assert statement["Condition"]["StringEquals"][f"{issuer}:aud"] == "sts.amazonaws.com"


def test_workflow_offers_the_stages_that_the_role_trusts() -> None:
    """Prove it for a deploy by hand, for the default stages, and for the environment of the job."""
    text = WORKFLOW.read_text()
    workflow = yaml.safe_load(text)
    trusted = [template()["Parameters"]["Environment"]["Default"]]
    by_hand = workflow[True]["workflow_dispatch"]["inputs"]["stage"]  # YAML reads `on` as true
    assert by_hand["type"] == "choice"
    assert by_hand["options"] == trusted
    defaults = re.findall(r"\|\| '(\w+)'", text)
    assert len(defaults) == 4
    assert set(defaults) == set(trusted)
    deploy = workflow["jobs"]["deploy"]
    assert deploy["environment"] == deploy["env"]["STAGE"]


def test_page_says_what_the_diff_role_may_read() -> None:
    """The bootstrap's role for look-ups has AWS's policy `ReadOnlyAccess`."""
    page = " ".join((ROOT / "docs/first-deploy.md").read_text().split())
    (bootstrap,) = (ROOT / "node_modules/aws-cdk/lib").rglob("bootstrap-template.yaml")
    lookup = bootstrap.read_text().partition("\n  LookupRole:\n")[2].partition("\n  File")[0]
    assert re.findall(r"policy/(\w+)", lookup) == ["ReadOnlyAccess"]
    assert re.findall(r"Effect: Deny\s+Action:\s+- (\S+)", lookup) == ["kms:Decrypt"]
    assert "almost everything in the account (`ReadOnlyAccess`)" in page


def test_pull_requests_can_not_deploy() -> None:
    (policy,) = role("DiffRole")["Policies"]
    (assumed,) = [
        each["Resource"]
        for each in policy["PolicyDocument"]["Statement"]
        if each["Action"] == "sts:AssumeRole"
    ]
    assert assumed.endswith("role/cdk-hnb659fds-lookup-role-*")
