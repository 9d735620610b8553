"""Which data of a stage outlives its stacks, and how long its logs are kept."""

from aws_cdk import RemovalPolicy
from aws_cdk.aws_logs import LogGroup, RetentionDays
from constructs import Construct

from infra.stage import Stage


def removal_policy(stage: Stage) -> RemovalPolicy:
    """Return what happens to a stage's table when its stack is deleted."""
    return RemovalPolicy.RETAIN if stage.keeps_data else RemovalPolicy.DESTROY


def log_group(
    scope: Construct, construct_id: str, *, stage: Stage, name: str | None = None
) -> LogGroup:
    """Return a log group that keeps three months if the stage keeps its data, else a week.

    Args:
        scope: The construct that contains it.
        construct_id: The construct's name there.
        stage: Says whether the data is kept.
        name: The group's name; None for one that CloudFormation makes up.
    """
    # A first deploy that fails deletes the group. With RETAIN it would stay without a stack.
    kept = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
    return LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        retention=RetentionDays.THREE_MONTHS if stage.keeps_data else RetentionDays.ONE_WEEK,
        removal_policy=kept if stage.keeps_data else RemovalPolicy.DESTROY,
    )
