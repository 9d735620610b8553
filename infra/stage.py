"""A stage: one whole deployment, by name."""

import re
from dataclasses import dataclass
from typing import Self

from aws_cdk import RemovalPolicy
from aws_cdk.aws_logs import RetentionDays

APPLICATION = "fib"
PRODUCTION = "prod"
_NAME = re.compile(r"[a-z][a-z0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class Stage:
    """What differs from one deployment to the next: names, and what outlives its stack."""

    name: str

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the stage of that name.

        Raises:
            ValueError: No name of a resource can be made of it.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"STAGE is a letter and at most 15 letters or digits, lower case, not {name!r}"
            )
        return cls(name)

    @property
    def keeps_data(self) -> bool:
        """Whether the data is protected and stays when the stacks go."""
        return self.name == PRODUCTION

    @property
    def removal_policy(self) -> RemovalPolicy:
        """What becomes of data when its stack goes."""
        return RemovalPolicy.RETAIN if self.keeps_data else RemovalPolicy.DESTROY

    @property
    def log_retention(self) -> RetentionDays:
        """How long logs are kept."""
        return RetentionDays.THREE_MONTHS if self.keeps_data else RetentionDays.ONE_WEEK

    def stack_name(self, stack: str) -> str:
        """Return the name of one of the stage's stacks."""
        return f"{APPLICATION}-{self.name}-{stack}"
