"""Settings from environment variables, read and checked once at start.

A setting is declared in two places: a `Variable` with its name, default and meaning, and a field of
a settings class that says how its text is read. `Settings` holds what every process needs. A
process with more settings derives its own class from it, such as
`server_api.server_settings.ServerSettings`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, NamedTuple, Self
from urllib.parse import urlsplit

from fibcore.errors import InvalidSettings

INDEX_LIMIT: Final = 10_000_000
"""The highest index that any configuration allows: F(10,000,000) has 2,089,877 digits, which
fit well within the 6 MB that an AWS Lambda answer may have."""


class Variable(NamedTuple):
    """One environment variable.

    Attributes:
        name: The variable's name.
        default: The text that is used if the variable is not set.
        meaning: What the variable sets, in one phrase, for the documentation.
        lowest: The lower bound of a number.
        highest: The upper bound of a number.
    """

    name: str
    default: str
    meaning: str
    lowest: float = -math.inf
    highest: float = math.inf

    def text(self, environ: Mapping[str, str]) -> str:
        """Return the variable's text, or its default if it is not set or empty.

        Container tools often pass an empty value for a variable that the user did not set.
        """
        return environ.get(self.name, "").strip() or self.default


COUNTER_TABLE_NAME: Final = Variable("COUNTER_TABLE_NAME", "", "the DynamoDB table; required")
AWS_REGION: Final = Variable(
    "AWS_REGION", "", "the table's region; this or `AWS_DEFAULT_REGION` is required"
)
AWS_DEFAULT_REGION: Final = Variable("AWS_DEFAULT_REGION", "", "read if `AWS_REGION` is not set")
AWS_ENDPOINT_URL_DYNAMODB: Final = Variable(
    "AWS_ENDPOINT_URL_DYNAMODB", "", "DynamoDB's address, if it is not Amazon's own"
)
FIB_MAX_INDEX: Final = Variable(
    "FIB_MAX_INDEX", "1000000", "the highest index that `next` reaches", 1, INDEX_LIMIT
)
FIB_DEADLINE_SECONDS: Final = Variable(
    "FIB_DEADLINE_SECONDS", "5", "how long a request may wait for the table", 0.5, 25
)
LOG_LEVEL: Final = Variable("LOG_LEVEL", "info", "debug, info, warning, error or critical")

LOG_LEVELS: Final = ("debug", "info", "warning", "error", "critical")


def required(*variables: Variable) -> Any:
    """Declare a required setting: the text of the first variable in `variables` that is set."""

    def read(environ: Mapping[str, str]) -> str:
        for variable in variables:
            if text := variable.text(environ):
                return text
        names = [variable.name for variable in variables]
        raise InvalidSettings(
            f"neither {' nor '.join(names)} is set" if len(names) > 1 else f"{names[0]} is not set"
        )

    return _declare(read, *variables)


def optional_url(variable: Variable) -> Any:
    """Declare a setting that is an http or https address, or None."""

    def read(environ: Mapping[str, str]) -> str | None:
        text = variable.text(environ)
        try:
            parts = urlsplit(text)
            valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            valid = False
        if text and not valid:
            raise InvalidSettings(f"{variable.name} is not an http or https address: {text!r}")
        return text or None

    return _declare(read, variable)


def one_of(variable: Variable, choices: tuple[str, ...]) -> Any:
    """Declare a setting that is one of `choices`. Upper and lower case are the same."""

    def read(environ: Mapping[str, str]) -> str:
        text = variable.text(environ).lower()
        if text not in choices:
            raise InvalidSettings(
                f"{variable.name} must be one of {', '.join(choices)}, not {text!r}"
            )
        return text

    return _declare(read, variable)


def whole_number(variable: Variable) -> Any:
    """Declare a setting that is a whole number within the variable's bounds."""
    return _declare(lambda environ: _number(variable, environ, int, "a whole number"), variable)


def number(variable: Variable) -> Any:
    """Declare a setting that is a number within the variable's bounds."""
    return _declare(lambda environ: _number(variable, environ, float, "a number"), variable)


def switch(variable: Variable) -> Any:
    """Declare a setting that is on for 1 and off for 0."""
    return _declare(
        lambda environ: bool(_number(variable, environ, int, "a whole number")), variable
    )


def _number(
    variable: Variable, environ: Mapping[str, str], kind: type[int | float], described: str
) -> int | float:
    text = variable.text(environ)
    try:
        value = kind(text)
    except ValueError:
        value = math.nan
    if not variable.lowest <= value <= variable.highest:
        raise InvalidSettings(
            f"{variable.name} must be {described} from {variable.lowest} to {variable.highest}, "
            f"not {text!r}"
        )
    return value


def _declare(read: Callable[[Mapping[str, str]], object], *variables: Variable) -> Any:
    return field(metadata={"read": read, "variables": variables})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings that every process needs, checked.

    Attributes:
        table_name: The DynamoDB table.
        region: The table's AWS region.
        endpoint_url: DynamoDB's address if it is not Amazon's own, otherwise None.
        max_index: The highest index that `next` reaches.
        deadline_seconds: How long a request may wait for the table.
        log_level: One of `LOG_LEVELS`.
    """

    table_name: str = required(COUNTER_TABLE_NAME)
    region: str = required(AWS_REGION, AWS_DEFAULT_REGION)
    endpoint_url: str | None = optional_url(AWS_ENDPOINT_URL_DYNAMODB)
    max_index: int = whole_number(FIB_MAX_INDEX)
    deadline_seconds: float = number(FIB_DEADLINE_SECONDS)
    log_level: str = one_of(LOG_LEVEL, LOG_LEVELS)

    @classmethod
    def variables(cls) -> tuple[Variable, ...]:
        """Return every variable that this class reads, for the documents."""
        return tuple(
            variable for setting in fields(cls) for variable in setting.metadata["variables"]
        )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read and check all variables, and report all errors together.

        Raises:
            InvalidSettings: One line that names every invalid variable and says what to set.
        """
        values: dict[str, Any] = {}
        errors: list[str] = []
        for setting in fields(cls):
            try:
                values[setting.name] = setting.metadata["read"](environ)
            except InvalidSettings as error:
                errors.append(str(error))
        if errors:
            raise InvalidSettings("; ".join(errors))
        return cls(**values)
