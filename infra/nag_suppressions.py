"""Suppress findings of cdk-nag and warnings of the CDK, each with a reason beside its resource.

A reason states a fact about the resource, and `tests/infra/test_nag_suppressions.py` checks the
facts that a template shows.
"""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

PACK = "AwsSolutions"


def suppress(construct: IConstruct, **reasons: str) -> None:
    """Suppress findings on `construct` and on what it contains.

    Args:
        construct: The resource.
        reasons: The reason for each rule, by the rule's short name: `EC23="…"`.
    """
    for rule, reason in reasons.items():
        suppress_finding(construct, rule, reason)


def suppress_finding(construct: IConstruct, rule: str, reason: str) -> None:
    """Suppress one finding of a rule that reports several: `IAM5[Resource::*]`."""
    Validations.of(construct).acknowledge(Acknowledgment(id=f"{PACK}-{rule}", reason=reason))


def suppress_warning(construct: IConstruct, warning: str, reason: str) -> None:
    """Suppress a warning of the CDK's own: `@aws-cdk/aws-lambda:…`."""
    Validations.of(construct).acknowledge(Acknowledgment(id=warning, reason=reason))
