"""The checks of the preflight. Each asks the account one question and changes nothing."""

from collections.abc import Callable
from typing import Final

from botocore.exceptions import ClientError

from infra import outputs
from infra.cli.account import Account
from infra.cli.availability_zones import choose_zones
from infra.cli.command_errors import CannotRun, NotDeployed
from infra.cli.container_engine import find_engine
from infra.cli.deployed_stacks import (
    FIRST_DEPLOY_FAILED,
    NOT_CREATED,
    find_stack,
    is_deployed,
)
from infra.cli.preflight_row import Row, Verdict
from infra.cli.service_linked_roles import missing_roles
from infra.components.custom_domain import CustomDomain
from infra.server_scaling import CPU_UNITS, LARGEST_DEPLOY_PERCENT, MAX_TASKS
from infra.stage import Stage

Check = Callable[[Account, Stage], Row]

QUOTA_PAGE: Final = "Service Quotas in the console"
LAMBDA_CONCURRENCY: Final = 1_000
"""AWS's usual limit of a region, on which the throttling of the HTTP API relies."""

_CPUS_PER_TASK: Final = CPU_UNITS // 1_024
_DEPLOY_FACTOR: Final = LARGEST_DEPLOY_PERCENT // 100
_UNRESERVED_CONCURRENCY: Final = 100
"""AWS Lambda keeps this much of an account's concurrency for functions without a reservation."""

VPC_ORIGIN: Final = "AWS::CloudFront::VpcOrigin"
BUDGET: Final = "AWS::Budgets::Budget"
"""The types of resources that CloudFormation lacks in some regions."""

NO_SNAPSTART: Final = ("ap-east-2", "ap-southeast-6")
"""The regions in which AWS Lambda can't take the snapshot of the function.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-supported-regions
"""

_BROKEN_STATUSES: Final = ("ROLLBACK_FAILED", "DELETE_FAILED", "_IN_PROGRESS")


def _engine(_account: Account, _stage: Stage) -> Row:
    """Container engine: it builds the server's image."""
    what, need = "container engine", "docker, finch or podman"
    if engine := find_engine():
        return Row(Verdict.GOOD, what, need, engine)
    return Row(Verdict.FAILURE, what, need, "none runs", "start one, or name one in CDK_DOCKER")


def _region(account: Account, stage: Stage) -> Row:
    """Region: CloudFront must reach it and take its certificate, and Lambda take snapshots."""
    what, need = "region", "CloudFront's address list"
    if account.region in NO_SNAPSTART:
        advice = "AWS Lambda has no SnapStart there: deploy to another region"
        return Row(Verdict.FAILURE, what, need, account.region, advice)
    try:
        CustomDomain.of_stage(stage, region=account.region)
        account.cloudfront_prefix_list()
    except (CannotRun, ValueError) as fault:
        return Row(Verdict.FAILURE, what, need, account.region, str(fault))
    return Row(Verdict.GOOD, what, need, account.region)


def _resource_types(account: Account, stage: Stage) -> Row:
    """Resource types: CloudFormation has some of them in some regions only."""
    advice = {VPC_ORIGIN: "deploy to another region"}
    if stage.has_budget:
        advice[BUDGET] = (
            "set monthly_budget_dollars = 0 in stages.toml, and create a budget in the console"
        )
    what, need = "resource types", ", ".join(each.rpartition("::")[2] for each in advice)
    cloudformation = account.client("cloudformation")
    for resource_type, what_to_do in advice.items():
        try:
            cloudformation.describe_type(Type="RESOURCE", TypeName=resource_type)
        except cloudformation.exceptions.TypeNotFoundException:
            return Row(Verdict.FAILURE, what, need, f"no {resource_type}", what_to_do)
    return Row(Verdict.GOOD, what, need, "all there")


def _zones(account: Account, stage: Stage) -> Row:
    """Availability zones: two that serve CloudFront's VPC origins and Fargate."""
    what, need = "availability zones", "2 that serve"
    try:
        zones = choose_zones(account, stage)
    except CannotRun as fault:
        return Row(Verdict.FAILURE, what, need, "too few", str(fault))
    return Row(Verdict.GOOD, what, need, ", ".join(zones))


def _stacks(account: Account, stage: Stage) -> Row:
    """Stacks: none may be in a state that CloudFormation refuses to update."""
    what, need = "stacks", "none, or all complete"
    found = {}
    for stack in outputs.STACKS:
        name = stage.stack_name(stack)
        try:
            found[name] = find_stack(account, name)
        except NotDeployed:
            continue
    for name, each in found.items():
        if each.status == FIRST_DEPLOY_FAILED and each.protected:
            have = f"{name} is {each.status} and protected"
            advice = (
                "run aws cloudformation update-termination-protection "
                f"--no-enable-termination-protection --stack-name {name}"
            )
            return Row(Verdict.FAILURE, what, need, have, advice)
    broken = {
        name: each.status
        for name, each in found.items()
        if each.status.endswith(_BROKEN_STATUSES)
        if each.status != NOT_CREATED and "CLEANUP" not in each.status
    }
    if broken:
        have = ", ".join(f"{name} is {status}" for name, status in broken.items())
        return Row(Verdict.FAILURE, what, need, have, "see docs/runbook.md, “A stack is stuck”")
    return Row(Verdict.GOOD, what, need, f"{len(found)} deployed")


def _bootstrap(account: Account, _stage: Stage) -> Row:
    """CDK bootstrap: the bucket and the roles by which `cdk` deploys."""
    there = account.is_bootstrapped()
    have = "there" if there else "not yet; a deploy makes it"
    return Row(Verdict.GOOD, "CDK bootstrap", "once a region", have)


def _roles(account: Account, _stage: Stage) -> Row:
    """Service-linked roles: a fresh account lacks them."""
    missing = missing_roles(account)
    have = f"{len(missing)} missing; a deploy makes them" if missing else "all there"
    return Row(Verdict.GOOD, "service-linked roles", "4", have)


def _fargate(account: Account, stage: Stage) -> Row:
    """Fargate vCPUs: a new account has few."""
    has = _quota(account, "fargate", "L-3032A538")
    least = stage.min_tasks * _CPUS_PER_TASK
    most = MAX_TASKS * _CPUS_PER_TASK * _DEPLOY_FACTOR
    what, need = "Fargate vCPUs", f"{least} to {most}"
    advice = f"ask for {most} (L-3032A538, {QUOTA_PAGE})"
    if has < least:
        return Row(Verdict.FAILURE, what, need, f"{has:.0f}", advice)
    if has < least * _DEPLOY_FACTOR:
        return Row(Verdict.WARNING, what, need, f"{has:.0f}", f"a deploy doubles tasks: {advice}")
    if has < most:
        tasks = int(has) // _CPUS_PER_TASK // _DEPLOY_FACTOR
        return Row(Verdict.WARNING, what, need, f"{has:.0f}", f"enough for {tasks} tasks; {advice}")
    return Row(Verdict.GOOD, what, need, f"{has:.0f}")


def _lambda_concurrency(account: Account, stage: Stage) -> Row:
    """Lambda concurrency: a new account has little."""
    limits = account.client("lambda").get_account_settings()["AccountLimit"]
    limit, unreserved = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    what, reserved = "Lambda concurrency", stage.reserved_concurrency
    need = f"{LAMBDA_CONCURRENCY}" + (f", {reserved} of it reserved" if reserved else "")
    have = f"{limit}, {unreserved} unreserved"
    advice = f"ask for {LAMBDA_CONCURRENCY} (L-B99A9384, {QUOTA_PAGE})"
    if reserved and unreserved - reserved < min(_UNRESERVED_CONCURRENCY, limit):
        if not is_deployed(account, stage.stack_name(outputs.API_GATEWAY)):
            advice = f"take reserved_concurrency from stages.toml, or {advice}"
            return Row(Verdict.FAILURE, what, need, have, advice)
        return Row(
            Verdict.WARNING, what, need, have, "if the stage reserved none so far: " + advice
        )
    if limit < LAMBDA_CONCURRENCY:
        advice = f"more requests at once get 503; {advice}"
        return Row(Verdict.WARNING, what, need, have, advice)
    return Row(Verdict.GOOD, what, need, have)


def _vpcs(account: Account, stage: Stage) -> Row:
    """VPCs: a stage has one of its own."""
    has = len(account.client("ec2").describe_vpcs()["Vpcs"])
    may = int(_quota(account, "vpc", "L-F678F1CE"))
    what, have = "VPCs", f"{has} of {may}"
    if is_deployed(account, stage.stack_name(outputs.ECS)):
        return Row(Verdict.GOOD, what, "none more", have)
    if has >= may:
        advice = f"delete one, or ask for {may + 1} (L-F678F1CE, {QUOTA_PAGE})"
        return Row(Verdict.FAILURE, what, "1 more", have, advice)
    return Row(Verdict.GOOD, what, "1 more", have)


def _cloudfront(account: Account, stage: Stage) -> Row:
    """CloudFront: AWS verifies a new account before it may have a distribution."""
    what, need = "CloudFront", "a verified account"
    support = "ask AWS support to verify the account for CloudFront"
    cloudfront = account.client("cloudfront")
    try:
        pages = cloudfront.get_paginator("list_distributions").paginate()
        found = [each for page in pages for each in page["DistributionList"].get("Items", [])]
    except ClientError as error:
        if "verified" not in error.response["Error"].get("Message", ""):
            raise
        return Row(Verdict.FAILURE, what, need, "not verified", support)
    for distribution in found:
        aliases = distribution.get("Aliases", {}).get("Items", [])
        if stage.domain in aliases and distribution["Comment"] != stage.stack_name(outputs.WEBSITE):
            have = f"{stage.domain} belongs to distribution {distribution['Id']}"
            return Row(Verdict.FAILURE, what, need, have, "remove the alias there first")
    if not found:
        advice = f"if the deploy says “must be verified”: {support}"
        return Row(Verdict.UNKNOWN, what, need, "no distribution yet", advice)
    return Row(Verdict.GOOD, what, need, f"{len(found)} distributions")


def _hosted_zone(account: Account, stage: Stage) -> Row:
    """Hosted zone: the certificate waits for ever for a record in a wrong one."""
    what = "hosted zone"
    if not stage.domain:
        return Row(Verdict.GOOD, what, "none", "no domain set")
    route53 = account.client("route53")
    try:
        zone = route53.get_hosted_zone(Id=stage.hosted_zone)["HostedZone"]
    except (route53.exceptions.NoSuchHostedZone, route53.exceptions.InvalidInput):
        advice = "correct hosted_zone in stages.toml"
        return Row(Verdict.FAILURE, what, stage.hosted_zone, "no such zone", advice)
    name = zone["Name"].rstrip(".")
    need = f"one that contains {stage.domain}"
    if zone["Config"].get("PrivateZone") or not f".{stage.domain}".endswith(f".{name}"):
        kind = "private " if zone["Config"].get("PrivateZone") else ""
        advice = "correct domain or hosted_zone in stages.toml"
        return Row(Verdict.FAILURE, what, need, f"{kind}{name}", advice)
    return Row(Verdict.GOOD, what, need, name)


def _alarm_email(_account: Account, stage: Stage) -> Row:
    """Alarm e-mail: without an address, nobody learns of an alarm."""
    what, need = "alarm e-mail", "an address" if stage.keeps_data else "none"
    if stage.keeps_data and not stage.alarm_email:
        return Row(Verdict.WARNING, what, need, "nobody is told", "set alarm_email in stages.toml")
    return Row(Verdict.GOOD, what, need, stage.alarm_email or "nobody is told")


def _quota(account: Account, service: str, code: str) -> float:
    """Return the account's quota, or AWS's default if the account has no value of its own."""
    quotas = account.client("service-quotas")
    asked = {"ServiceCode": service, "QuotaCode": code}
    try:
        answer = quotas.get_service_quota(**asked)
    except quotas.exceptions.NoSuchResourceException:
        answer = quotas.get_aws_default_service_quota(**asked)
    return float(answer["Quota"]["Value"])


CHECKS: Final[tuple[Check, ...]] = (
    _engine,
    _region,
    _resource_types,
    _zones,
    _stacks,
    _bootstrap,
    _roles,
    _fargate,
    _lambda_concurrency,
    _vpcs,
    _cloudfront,
    _hosted_zone,
    _alarm_email,
)
