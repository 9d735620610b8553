"""What the environment may set, read and checked once at start.

`VARIABLES` is the one list of names, defaults and bounds: the README's table, the containers
and the infrastructure are checked against it or read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Self, TypeVar
from urllib.parse import urlsplit

from fibcore.errors import InvalidSettings

INDEX_LIMIT: Final = 10_000_000
"""The highest index that any configuration allows: F(10,000,000) has 2,089,877 digits, and AWS
Lambda answers with at most 6 MB."""

_Number = TypeVar("_Number", int, float)


class Variable(NamedTuple):
    """One environment variable: a number within bounds, or a text where there are none."""

    name: str
    default: str
    meaning: str
    lowest: float | None = None
    highest: float | None = None


COUNTER_TABLE_NAME: Final = Variable("COUNTER_TABLE_NAME", "", "the DynamoDB table; required")
AWS_REGION: Final = Variable(
    "AWS_REGION", "", "the table's region; `AWS_DEFAULT_REGION` serves as well; one is required"
)
AWS_DEFAULT_REGION: Final = Variable("AWS_DEFAULT_REGION", "", "read where `AWS_REGION` is not set")
AWS_ENDPOINT_URL_DYNAMODB: Final = Variable(
    "AWS_ENDPOINT_URL_DYNAMODB", "", "DynamoDB's address, where it is not Amazon's own"
)
FIB_MAX_INDEX: Final = Variable(
    "FIB_MAX_INDEX", "1000000", "the highest index that `next` reaches", 1, INDEX_LIMIT
)
FIB_DEADLINE_SECONDS: Final = Variable(
    "FIB_DEADLINE_SECONDS", "5", "how long a request may wait for the table", 0.5, 25
)
FIB_ACCESS_LOG: Final = Variable(
    "FIB_ACCESS_LOG", "0", "1 writes a line of JSON for each request", 0, 1
)
PORT: Final = Variable("PORT", "8080", "where the server listens", 1, 65_535)
WEB_CONCURRENCY: Final = Variable("WEB_CONCURRENCY", "1", "server processes", 1, 64)
LOG_LEVEL: Final = Variable("LOG_LEVEL", "info", "debug, info, warning, error or critical")

VARIABLES: Final = (
    COUNTER_TABLE_NAME,
    AWS_REGION,
    AWS_DEFAULT_REGION,
    AWS_ENDPOINT_URL_DYNAMODB,
    FIB_MAX_INDEX,
    FIB_DEADLINE_SECONDS,
    FIB_ACCESS_LOG,
    PORT,
    WEB_CONCURRENCY,
    LOG_LEVEL,
)

LOG_LEVELS: Final = ("debug", "info", "warning", "error", "critical")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A checked configuration.

    Attributes:
        table_name: The DynamoDB table.
        region: The table's AWS region.
        endpoint_url: DynamoDB's address where it is not Amazon's own, else None.
        max_index: The highest index that `next` reaches.
        deadline_seconds: How long a request may wait for the table.
        access_log: Whether each request writes a line.
        port: Where the server listens.
        processes: How many server processes run.
        log_level: One of `LOG_LEVELS`.
    """

    table_name: str
    region: str
    endpoint_url: str | None
    max_index: int
    deadline_seconds: float
    access_log: bool
    port: int
    processes: int
    log_level: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read and check all variables at once.

        Raises:
            InvalidSettings: One line that names every variable at fault and says what to set.
        """
        read = _Reader(environ)
        settings = cls(
            table_name=read.required(COUNTER_TABLE_NAME),
            region=read.required(AWS_REGION, AWS_DEFAULT_REGION),
            endpoint_url=read.url(AWS_ENDPOINT_URL_DYNAMODB),
            max_index=read.integer(FIB_MAX_INDEX),
            deadline_seconds=read.number(FIB_DEADLINE_SECONDS),
            access_log=bool(read.integer(FIB_ACCESS_LOG)),
            port=read.integer(PORT),
            processes=read.integer(WEB_CONCURRENCY),
            log_level=read.one_of(LOG_LEVEL, LOG_LEVELS),
        )
        if read.faults:
            raise InvalidSettings("; ".join(read.faults))
        return settings


class _Reader:
    """Reads variables and gathers what is wrong with them, so that one line can say it all."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[str] = []

    def _text(self, variable: Variable) -> str:
        # An empty variable counts as not set, as container tools often write it.
        return self._environ.get(variable.name, "").strip() or variable.default

    def required(self, *variables: Variable) -> str:
        for variable in variables:
            if text := self._text(variable):
                return text
        names = " or ".join(variable.name for variable in variables)
        self.faults.append(f"{names} is not set")
        return ""

    def url(self, variable: Variable) -> str | None:
        text = self._text(variable)
        if not text:
            return None
        try:
            parts = urlsplit(text)
            sound = parts.scheme in {"http", "https"} and bool(parts.hostname)
            sound = sound and parts.port != 0
        except ValueError:
            sound = False
        if not sound:
            self.faults.append(f"{variable.name} is not an http or https address: {text!r}")
        return text

    def one_of(self, variable: Variable, choices: tuple[str, ...]) -> str:
        text = self._text(variable).lower()
        if text not in choices:
            self.faults.append(f"{variable.name} is one of {', '.join(choices)}, not {text!r}")
        return text

    def integer(self, variable: Variable) -> int:
        return self._within(variable, int, "a whole number")

    def number(self, variable: Variable) -> float:
        return self._within(variable, float, "a number")

    def _within(self, variable: Variable, kind: type[_Number], described: str) -> _Number:
        text = self._text(variable)
        try:
            number = kind(text)
        except ValueError:
            number = kind(-1)
        if not (variable.lowest or 0) <= number <= (variable.highest or 0):
            self.faults.append(
                f"{variable.name} is {described} from {variable.lowest} to "
                f"{variable.highest}, not {text!r}"
            )
        return number
