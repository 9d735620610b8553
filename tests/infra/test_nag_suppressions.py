"""Each suppression matches one finding of cdk-nag, and its reason is true."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks

from infra import nag_suppressions
from infra.app import build, create_app
from infra.stage import Stage
from tests.infra.conftest import NO_BUNDLING, Templates

_ELSEWHERE = "Elsewhere"  # a pack that no rule is of


ACCESS_LOG = Stage(name="dev", access_log=True)
NO_ACCESS_LOG = Stage(name="dev")


class Finding(NamedTuple):
    """A rule's short name, and the path of the construct with the finding or its suppression."""

    rule: str
    path: str


class Audit(NamedTuple):
    """All findings of cdk-nag without suppressions, and all suppressions of our code."""

    found: list[Finding]
    suppressed: list[Finding]


Auditing = Callable[..., Audit]


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch) -> Auditing:
    """Check the stacks with every suppression in a pack that cdk-nag does not read."""

    def look(stage: Stage) -> Audit:
        monkeypatch.setattr(nag_suppressions, "PACK", _ELSEWHERE)
        app = create_app(NO_BUNDLING)
        build(app, stage)
        app.synth()
        checks = AwsSolutionsChecks()
        found = [
            Finding(violation.rule_name.removeprefix("AwsSolutions-"), str(resource.construct_path))
            for violation in checks.validate_scope(app).violations
            for resource in violation.violating_resources
        ]
        suppressed = [
            Finding(rule.partition(f"{_ELSEWHERE}-")[2], node.path)
            for node in (construct.node for construct in app.node.find_all())
            for entry in node.metadata
            if entry.type == Validations.ACKNOWLEDGED_RULES_METADATA_KEY
            for rule in entry.data
            if _ELSEWHERE in rule
        ]
        return Audit(found, suppressed)

    return look


def _within(finding: Finding, suppression: Finding) -> bool:
    return finding.rule == suppression.rule and f"{finding.path}/".startswith(
        f"{suppression.path}/"
    )


@pytest.mark.parametrize(
    "stage",
    [
        Stage(name="dev"),
        Stage(
            name="prod",
            domain="fib.example.org",
            hosted_zone="Z1",
            access_log=True,
            alarm_email="ops@example.org",
        ),
    ],
    ids=lambda stage: stage.name,
)
def test_each_suppression_matches_one_finding(audit: Auditing, stage: Stage) -> None:
    found, suppressed = audit(stage)
    assert found
    assert suppressed
    for suppression in suppressed:
        assert len([f for f in found if _within(f, suppression)]) == 1, suppression
    for finding in found:
        assert len([s for s in suppressed if _within(finding, s)]) == 1, finding


def _reasons(stage: Stage) -> dict[str, str]:
    """Return the reason of each suppression of a stage, by the rule's short name."""
    app = create_app(NO_BUNDLING)
    build(app, stage)
    return {
        rule.rpartition("AwsSolutions-")[2]: reason
        for construct in app.node.find_all()
        for entry in construct.node.metadata
        if entry.type == Validations.ACKNOWLEDGED_RULES_METADATA_KEY
        for rule, reason in entry.data.items()
    }


@pytest.mark.parametrize(
    "stage",
    [
        pytest.param(ACCESS_LOG, id="with log"),
        pytest.param(NO_ACCESS_LOG, id="without log", marks=pytest.mark.long),
    ],
)
def test_reasons_about_access_logs_are_true(
    stage: Stage, templates_of: Callable[..., Templates]
) -> None:
    templates = templates_of("dev", access_log=stage.access_log)
    (container,) = templates.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    variables = {each["Name"]: each["Value"] for each in container["Environment"]}
    reasons = _reasons(stage)
    for rule in ("ELB2", "CFR3"):
        claims_log = "FIB_ACCESS_LOG is 1" in reasons[rule]
        claims_none = "access_log in stages.toml" in reasons[rule]
        assert claims_log is (variables["FIB_ACCESS_LOG"] == "1")
        assert claims_log is not claims_none
    # CFR3 also says that API Gateway logs.
    log = templates.one("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]
    assert "$context.status" in log["Format"]


def test_reason_about_secrets_is_true(templates_of: Callable[..., Templates]) -> None:
    """ECS2: the environment has nothing else than the reason names."""
    (container,) = templates_of("dev", access_log=True).one("AWS::ECS::TaskDefinition")[
        "ContainerDefinitions"
    ]
    assert {each["Name"] for each in container["Environment"]} == {
        "COUNTER_TABLE_NAME",
        "AWS_REGION",
        "PORT",
        "WEB_CONCURRENCY",
        "FIB_ACCESS_LOG",
    }
    reason = _reasons(ACCESS_LOG)["ECS2"]
    assert reason.startswith("a table, a region, a port, a number of processes and a switch")


def test_reasons_about_certificate_and_flow_are_true(
    templates_of: Callable[..., Templates],
) -> None:
    templates = templates_of("dev", access_log=True)
    reasons = _reasons(ACCESS_LOG)
    assert "two security groups let only CloudFront reach the load balancer" in reasons["VPC7"]
    groups = templates.of("AWS::EC2::SecurityGroup")
    assert len(groups) == 2
    assert not any("SecurityGroupIngress" in group["Properties"] for group in groups)
    rules = [rule["Properties"] for rule in templates.of("AWS::EC2::SecurityGroupIngress")]
    # CloudFront's addresses, and the load balancer's group.
    senders = [name for rule in rules for name in rule if name.startswith(("Source", "Cidr"))]
    assert sorted(senders) == ["SourcePrefixListId", "SourceSecurityGroupId"]
    distribution = templates.one("AWS::CloudFront::Distribution")["DistributionConfig"]
    assert "CloudFront's own" in reasons["CFR4"]
    assert "ViewerCertificate" not in distribution
    assert "API Gateway and the table throttle" in reasons["CFR2"]
    assert templates.one("AWS::ApiGatewayV2::Stage")["DefaultRouteSettings"]["ThrottlingRateLimit"]
    assert templates.one("AWS::DynamoDB::Table")["OnDemandThroughput"]
