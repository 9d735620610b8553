"""`make preflight`, against stubbed answers of AWS.

These tests prove what the table says about an account that answers like this. They don't prove that
AWS answers like this: it was never asked from here.
"""

import re
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from infra import ROOT
from infra.cli.container_engine import ENGINE_VARIABLE
from infra.cli.preflight import certain_failures, check_account, format_table
from infra.cli.preflight_row import Row, Verdict
from infra.stage import Stage
from tests.infra.aws_answers import Refusal, account_with
from tests.infra.test_availability_zones import NO_STACK

PAGE = (ROOT / "docs/first-deploy.md").read_text()
DEV = Stage(name="dev")
ZONES = {"us-east-1a": "use1-az3", "us-east-1b": "use1-az6", "us-east-1c": "use1-az1"}


def quotas(**values: int) -> Any:
    """Answer with the account's value of a quota; without any, AWS knows only its default."""

    def answer(asked: str) -> dict[str, Any]:
        for code, value in values.items():
            if code in asked.replace("-", "_"):
                return {"Quota": {"Value": float(value)}}
        raise Refusal("NoSuchResourceException")

    return answer


def account_answers(**changes: Any) -> dict[str, Any]:
    """Return the answers of an account that is in use and has room, with these changes."""
    zones = [{"ZoneName": name, "ZoneId": zone_id} for name, zone_id in ZONES.items()]
    return {
        "ec2.DescribeManagedPrefixLists": {"PrefixLists": [{"PrefixListId": "pl-1"}]},
        "ec2.DescribeAvailabilityZones": {"AvailabilityZones": zones},
        "ec2.DescribeVpcs": {"Vpcs": [{}]},
        "cloudformation.DescribeStacks": NO_STACK,
        "cloudformation.DescribeType": {"TypeName": "there"},
        "ssm.GetParameter": {"Parameter": {"Value": "30"}},
        "iam.ListRoles": {"Roles": [{}]},
        "service-quotas.GetServiceQuota": quotas(L_3032A538=4_000, L_F678F1CE=5),
        "service-quotas.GetAWSDefaultServiceQuota": {"Quota": {"Value": 6.0}},
        "lambda.GetAccountSettings": concurrency(1_000),
        "cloudfront.ListDistributions": distributions({"Id": "E1", "Comment": "another"}),
    } | {name.replace("__", "-").replace("_", ".", 1): value for name, value in changes.items()}


def concurrency(limit: int) -> dict[str, Any]:
    return {
        "AccountLimit": {"ConcurrentExecutions": limit, "UnreservedConcurrentExecutions": limit}
    }


def distributions(*items: dict[str, Any]) -> dict[str, Any]:
    return {"DistributionList": {"Items": list(items), "IsTruncated": False}}


FRESH: dict[str, Any] = {
    "ssm_GetParameter": Refusal("ParameterNotFound"),
    "iam_ListRoles": {"Roles": []},
    "service__quotas_GetServiceQuota": quotas(L_F678F1CE=5),
    "lambda_GetAccountSettings": concurrency(10),
    "cloudfront_ListDistributions": distributions(),
}
FULL: dict[str, Any] = {"ec2_DescribeVpcs": {"Vpcs": [{}] * 5}}
UNVERIFIED: dict[str, Any] = {
    "cloudfront_ListDistributions": Refusal(
        "AccessDenied",
        "Your account must be verified before you can add new CloudFront resources.",
    )
}
WRONG_REGION: dict[str, Any] = {
    "ec2_DescribeManagedPrefixLists": {"PrefixLists": []},
    "ec2_DescribeAvailabilityZones": {
        "AvailabilityZones": [
            {"ZoneName": f"ca-west-1{letter}", "ZoneId": f"caw1-az{number}"}
            for number, letter in enumerate("abc", 1)
        ]
    },
}


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENGINE_VARIABLE, "docker")


def check(stage: Stage = DEV, region: str = "us-east-1", **changes: Any) -> dict[str, Row]:
    rows = check_account(account_with(account_answers(**changes), region=region), stage)
    return {row.what: row for row in rows}


def test_account_with_room_is_ready() -> None:
    assert {row.verdict for row in check().values()} == {Verdict.GOOD}


def test_fresh_account_can_deploy_with_warnings() -> None:
    rows = check(**FRESH)
    assert not certain_failures(list(rows.values()))
    assert rows["Fargate vCPUs"].verdict is Verdict.WARNING
    assert rows["Fargate vCPUs"].have == "6"
    assert "enough for 3 tasks" in rows["Fargate vCPUs"].advice
    assert rows["Lambda concurrency"].verdict is Verdict.WARNING
    assert rows["CloudFront"].verdict is Verdict.UNKNOWN
    assert "4 missing; a deploy makes them" in rows["service-linked roles"].have


def test_fresh_account_can_not_reserve_concurrency() -> None:
    row = check(Stage(name="dev", reserved_concurrency=5), **FRESH)["Lambda concurrency"]
    assert row.verdict is Verdict.FAILURE


def test_too_few_cpus_for_the_least_tasks_fail() -> None:
    row = check(Stage(name="dev", min_tasks=7), **FRESH)["Fargate vCPUs"]
    assert row.verdict is Verdict.FAILURE


def test_too_few_cpus_to_double_the_tasks_warn() -> None:
    row = check(Stage(name="dev", min_tasks=4), **FRESH)["Fargate vCPUs"]
    assert row.verdict is Verdict.WARNING
    assert row.advice.startswith("a deploy doubles tasks")


def test_full_account_fails_before_the_first_deploy() -> None:
    assert check(**FULL)["VPCs"] == Row(
        Verdict.FAILURE,
        "VPCs",
        "1 more",
        "5 of 5",
        "delete one, or ask for 6 (L-F678F1CE, Service Quotas in the console)",
    )


def test_full_account_can_update_a_stage() -> None:
    complete = {"Stacks": [{"StackStatus": "UPDATE_COMPLETE", "Outputs": []}]}
    assert check(**FULL, cloudformation_DescribeStacks=complete)["VPCs"].verdict is Verdict.GOOD


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_stack_without_resources_needs_a_vpc(status: str) -> None:
    """Prove that the rest of a failed first deploy does not count as a network."""
    empty = {"Stacks": [{"StackStatus": status}]}
    assert check(**FULL, cloudformation_DescribeStacks=empty)["VPCs"].verdict is Verdict.FAILURE


def test_unverified_account_fails() -> None:
    row = check(**UNVERIFIED)["CloudFront"]
    assert row.verdict is Verdict.FAILURE
    assert "ask AWS support" in row.advice


def test_wrong_region_fails() -> None:
    assert check(**WRONG_REGION)["region"].verdict is Verdict.FAILURE
    domain = Stage(name="dev", domain="fib.example.org", hosted_zone="Z1")
    zone = {"HostedZone": {"Name": "example.org.", "Config": {"PrivateZone": False}}}
    row = check(domain, "eu-west-1", route53_GetHostedZone=zone)["region"]
    assert row.verdict is Verdict.FAILURE
    assert "us-east-1 only" in row.advice


def test_prod_without_alarm_email_warns() -> None:
    row = check(Stage(name="prod"))["alarm e-mail"]
    assert row.verdict is Verdict.WARNING
    assert "alarm_email" in row.advice
    told = check(Stage(name="prod", alarm_email="ops@example.org"))["alarm e-mail"]
    assert (told.verdict, told.have) == (Verdict.GOOD, "ops@example.org")


@pytest.mark.parametrize(
    ("zone", "verdict"),
    [
        ({"Name": "example.org.", "Config": {"PrivateZone": False}}, Verdict.GOOD),
        ({"Name": "fib.example.org.", "Config": {"PrivateZone": False}}, Verdict.GOOD),
        ({"Name": "example.org.", "Config": {"PrivateZone": True}}, Verdict.FAILURE),
        ({"Name": "ample.org.", "Config": {"PrivateZone": False}}, Verdict.FAILURE),
        (None, Verdict.FAILURE),
    ],
)
def test_hosted_zone_must_contain_the_domain(zone: Any, verdict: Verdict) -> None:
    stage = Stage(name="dev", domain="fib.example.org", hosted_zone="Z1")
    answer = {"HostedZone": zone} if zone else Refusal("NoSuchHostedZone")
    assert check(stage, route53_GetHostedZone=answer)["hosted zone"].verdict is verdict


def test_domain_of_another_distribution_fails() -> None:
    stage = Stage(name="dev", domain="fib.example.org", hosted_zone="Z1")
    other = {"Id": "E1", "Comment": "fib-prod-website", "Aliases": {"Items": [stage.domain]}}
    zone = {"HostedZone": {"Name": "example.org.", "Config": {"PrivateZone": False}}}
    rows = check(
        stage, cloudfront_ListDistributions=distributions(other), route53_GetHostedZone=zone
    )
    assert rows["CloudFront"].verdict is Verdict.FAILURE


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("UPDATE_COMPLETE", Verdict.GOOD),
        ("ROLLBACK_COMPLETE", Verdict.GOOD),  # `cdk` deletes such a stack and creates it again
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Verdict.GOOD),
        ("UPDATE_IN_PROGRESS", Verdict.FAILURE),
        ("REVIEW_IN_PROGRESS", Verdict.GOOD),  # An interrupted deploy prepared a change set.
        ("DELETE_FAILED", Verdict.FAILURE),
        ("UPDATE_ROLLBACK_FAILED", Verdict.FAILURE),
    ],
)
def test_stuck_stacks_fail(status: str, verdict: Verdict) -> None:
    stack = {"Stacks": [{"StackStatus": status, "Outputs": []}]}
    assert check(cloudformation_DescribeStacks=stack)["stacks"].verdict is verdict


def test_protected_stack_of_a_failed_first_deploy_fails() -> None:
    """`cdk` can't delete it to start again: it protects a stack before it creates the resources."""
    stack = {"StackStatus": "ROLLBACK_COMPLETE", "EnableTerminationProtection": True}
    row = check(Stage(name="prod"), cloudformation_DescribeStacks={"Stacks": [stack]})["stacks"]
    assert row.verdict is Verdict.FAILURE
    assert "fib-prod-storage is ROLLBACK_COMPLETE and protected" in row.have
    assert "--no-enable-termination-protection" in row.advice
    complete = stack | {"StackStatus": "UPDATE_ROLLBACK_COMPLETE"}
    row = check(Stage(name="prod"), cloudformation_DescribeStacks={"Stacks": [complete]})["stacks"]
    assert row.verdict is Verdict.GOOD


def test_missing_engine_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENGINE_VARIABLE)
    monkeypatch.setenv("PATH", "/nowhere")
    assert check()["container engine"].verdict is Verdict.FAILURE


def test_refused_questions_stop_nothing() -> None:
    """Prove that a caller who may deploy but not ask is not stopped."""

    def unreachable(_: str) -> None:
        raise EndpointConnectionError(endpoint_url="https://lambda.example")

    rows = check(
        ec2_DescribeVpcs=Refusal("UnauthorizedOperation"), lambda_GetAccountSettings=unreachable
    )
    assert rows["VPCs"].verdict is Verdict.UNKNOWN
    assert rows["VPCs"].have == "AWS answers UnauthorizedOperation"
    assert rows["Lambda concurrency"].verdict is Verdict.UNKNOWN
    assert not certain_failures(list(rows.values()))


@pytest.mark.parametrize(
    ("title", "region", "changes"),
    [
        ("A fresh account", "us-east-1", FRESH),
        ("A full account", "us-east-1", FULL),
        ("An unverified account", "us-east-1", UNVERIFIED),
        ("A region that does not serve", "ca-west-1", WRONG_REGION),
    ],
)
def test_documented_table_is_the_printed_one(
    title: str, region: str, changes: dict[str, Any]
) -> None:
    account = account_with(account_answers(**changes), region=region)
    shown = re.search(rf"### {title}\n\n```text\n(.+?)\n```", PAGE, re.DOTALL)
    assert shown
    assert shown[1] == format_table(check_account(account, DEV))
