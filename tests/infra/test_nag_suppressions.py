"""What cdk-nag finds, and that each finding which stands was meant, one by one."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks

from infra import nag_suppressions
from infra.app import build, create_app
from infra.stage import Stage
from tests.infra.conftest import NO_BUNDLING

_ELSEWHERE = "Elsewhere"  # a pack that no rule is of


class Finding(NamedTuple):
    """A rule by its short name, and the path of what it was found on or let stand on."""

    rule: str
    path: str


class Audit(NamedTuple):
    """All that cdk-nag finds when nothing is accepted, and all that our code accepts."""

    found: list[Finding]
    accepted: list[Finding]


Auditing = Callable[..., Audit]


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch) -> Auditing:
    """Look at the stacks with every reason written where cdk-nag does not look for it."""

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
        accepted = [
            Finding(rule.partition(f"{_ELSEWHERE}-")[2], node.path)
            for node in (construct.node for construct in app.node.find_all())
            for entry in node.metadata
            if entry.type == Validations.ACKNOWLEDGED_RULES_METADATA_KEY
            for rule in entry.data
            if _ELSEWHERE in rule
        ]
        return Audit(found, accepted)

    return look


def _within(finding: Finding, acceptance: Finding) -> bool:
    return finding.rule == acceptance.rule and f"{finding.path}/".startswith(f"{acceptance.path}/")


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
    found, accepted = audit(stage)
    assert found
    assert accepted
    for acceptance in accepted:
        assert len([f for f in found if _within(f, acceptance)]) == 1, acceptance
    for finding in found:
        assert len([a for a in accepted if _within(finding, a)]) == 1, finding
