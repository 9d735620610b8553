"""Findings of cdk-nag and CDK that stand, each with its reason beside the resource."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

PACK = "AwsSolutions"


def suppress(construct: IConstruct, **reasons: str) -> None:
    """Let findings on `construct` and what it holds stand.

    Args:
        construct: The resource.
        reasons: Why, by the rule's short name: `EC23="…"`.
    """
    for rule, reason in reasons.items():
        suppress_finding(construct, rule, reason)


def suppress_finding(construct: IConstruct, rule: str, reason: str) -> None:
    """Let one finding of a rule that has several stand: `IAM5[Resource::*]`."""
    Validations.of(construct).acknowledge(Acknowledgment(id=f"{PACK}-{rule}", reason=reason))


def suppress_warning(construct: IConstruct, warning: str, reason: str) -> None:
    """Let a warning of CDK's own stand: `@aws-cdk/aws-lambda:…`."""
    Validations.of(construct).acknowledge(Acknowledgment(id=warning, reason=reason))
