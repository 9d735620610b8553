"""A stage: one whole deployment, with its name and its settings.

`infra/stages.toml` holds the settings, so that every deploy of a stage uses the same ones.
"""

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

from infra import ROOT

APPLICATION: Final = "fib"
DEFAULT_STAGE: Final = "dev"
PRODUCTION: Final = "prod"
STAGES_FILE: Final = ROOT / "infra/stages.toml"
_NAME: Final = re.compile(r"[a-z][a-z0-9]{0,15}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The name of a deployment and everything that differs from one deployment to the next.

    Attributes:
        name: A letter, then at most 15 letters or digits, in lower case.
        domain: The address to serve at; empty for CloudFront's own.
        hosted_zone: The id of the Route 53 hosted zone that contains `domain`.
        reserved_concurrency: How many requests the Lambda function serves at once, apart from the
            account's other functions; None leaves it to the account's limit.
        min_tasks: How many server tasks run at least.
        access_log: Whether the server logs each request.
        alarm_email: Who is told of alarms and of the budget; empty for nobody.
        monthly_budget_dollars: The costs of the whole account at which `alarm_email` is warned; 0
            for no warning.

    Raises:
        ValueError: A value is not allowed, or two values contradict each other.
    """

    name: str
    domain: str = ""
    hosted_zone: str = ""
    reserved_concurrency: int | None = None
    min_tasks: int = 1
    access_log: bool = False
    alarm_email: str = ""
    monthly_budget_dollars: int = 100

    def __post_init__(self) -> None:
        """Check the values."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"STAGE is a letter and at most 15 letters or digits, lower case, not {self.name!r}"
            )
        if bool(self.domain) != bool(self.hosted_zone):
            raise self._fault("domain and hosted_zone (its id) are set together or not at all")
        if self.min_tasks < 1:
            raise self._fault("min_tasks is at least 1")
        if self.reserved_concurrency is not None and self.reserved_concurrency < 1:
            raise self._fault("reserved_concurrency is at least 1")
        if self.alarm_email and not _EMAIL.fullmatch(self.alarm_email):
            raise self._fault(f"alarm_email is an e-mail address, not {self.alarm_email!r}")
        if self.monthly_budget_dollars < 0:
            raise self._fault("monthly_budget_dollars is at least 0")

    @classmethod
    def load(cls, name: str, file: Path = STAGES_FILE) -> Self:
        """Return a stage with its settings from `file`, the default stage if `name` is empty.

        Raises:
            ValueError: The name is not allowed, or the file has a setting that is not.
        """
        name = name or DEFAULT_STAGE
        try:
            stages: dict[str, Any] = tomllib.loads(file.read_text())
        except ValueError as fault:
            raise ValueError(f"{file.name}: {fault}") from fault
        settings = stages.get(name, {})
        if not isinstance(settings, dict):
            raise ValueError(f"{file.name}: stage {name} is a table: [{name}]")  # noqa: TRY004
        types: dict[str, Any] = {each.name: each.type for each in fields(cls)}
        del types["name"]
        for setting, value in settings.items():
            if setting not in types:
                raise ValueError(
                    f"{file.name}: stage {name} has an unknown setting {setting!r}; "
                    f"known are {', '.join(types)}"
                )
            # A bool is an int in Python, but not in TOML.
            if not isinstance(value, types[setting]) or (
                isinstance(value, bool) and types[setting] is not bool
            ):
                raise ValueError(f"{file.name}: {setting} of stage {name} can't be {value!r}")
        return cls(name=name, **settings)

    @property
    def keeps_data(self) -> bool:
        """Whether the data is protected and stays when the stacks are deleted."""
        return self.name == PRODUCTION

    @property
    def has_budget(self) -> bool:
        """Whether somebody is warned of the costs."""
        return bool(self.alarm_email and self.monthly_budget_dollars)

    def stack_name(self, stack: str) -> str:
        """Return the name of one of the stage's stacks, or of a resource."""
        return f"{APPLICATION}-{self.name}-{stack}"

    def _fault(self, text: str) -> ValueError:
        return ValueError(f"{STAGES_FILE.name}: stage {self.name}: {text}")
