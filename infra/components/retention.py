"""What of a stage outlives its stacks, and how long its logs are kept."""

from aws_cdk import RemovalPolicy
from aws_cdk.aws_logs import LogGroup, RetentionDays
from constructs import Construct

from infra.stage import Stage


def removal_policy(stage: Stage) -> RemovalPolicy:
    """Return what becomes of data when its stack goes."""
    return RemovalPolicy.RETAIN if stage.keeps_data else RemovalPolicy.DESTROY


def log_group(scope: Construct, construct_id: str, *, stage: Stage) -> LogGroup:
    """Return a log that is kept for three months where data is kept, else for a week."""
    return LogGroup(
        scope,
        construct_id,
        retention=RetentionDays.THREE_MONTHS if stage.keeps_data else RetentionDays.ONE_WEEK,
        removal_policy=removal_policy(stage),
    )
