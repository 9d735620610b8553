"""The errors of the HTTP API: status codes and problem types (RFC 9457), and the body of each."""

from typing import Final, NamedTuple

from fibcore.errors import BeforeStart, CounterError, OutcomeUnknown, PastEnd, Unavailable
from fibcore.http.contract import compact_json

PROBLEM_JSON: Final = "application/problem+json"


class Problem(NamedTuple):
    """A problem type (RFC 9457)."""

    name: str
    status: int
    title: str
    detail: str
    retry: bool = False

    @property
    def type(self) -> str:
        """The problem's URI."""
        return f"urn:fib:{self.name}"


NOT_FOUND: Final = Problem(
    "not-found", 404, "Not Found", "There is no such path. /openapi.json lists all paths."
)
METHOD_NOT_ALLOWED: Final = Problem(
    "method-not-allowed",
    405,
    "Method Not Allowed",
    "This path does not serve this method. The Allow header lists the methods that it serves.",
)
BEFORE_START: Final = Problem(
    "before-start",
    409,
    "Before the Start",
    "The counter is at 0 and cannot go back. It did not move.",
)
PAST_END: Final = Problem(
    "past-end", 409, "Past the End", "The counter is at its highest index. It did not move."
)
BODY_TOO_LARGE: Final = Problem(
    "body-too-large",
    413,
    "Content Too Large",
    "The request body is larger than 64 KiB. No request needs a body. Nothing moved.",
)
UNAVAILABLE: Final = Problem(
    "unavailable",
    503,
    "Service Unavailable",
    "The counter is not available. This request was not counted; you can repeat it.",
    retry=True,
)
OUTCOME_UNKNOWN: Final = Problem(
    "outcome-unknown",
    503,
    "Outcome Unknown",
    "The database did not confirm the step. It may have been counted: get /current before you "
    "repeat the step.",
)
INTERNAL: Final = Problem(
    "internal", 500, "Internal Server Error", "The service failed. The error was logged."
)

PROBLEMS: Final = (
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    BEFORE_START,
    PAST_END,
    BODY_TOO_LARGE,
    UNAVAILABLE,
    OUTCOME_UNKNOWN,
    INTERNAL,
)

PROBLEM_BY_ERROR: Final[dict[type[CounterError], Problem]] = {
    BeforeStart: BEFORE_START,
    PastEnd: PAST_END,
    Unavailable: UNAVAILABLE,
    OutcomeUnknown: OUTCOME_UNKNOWN,
}


def problem_of(error: CounterError) -> Problem:
    """Return the problem that reports `error`, by its class or the nearest base class."""
    kinds = (kind for kind in type(error).__mro__ if kind in PROBLEM_BY_ERROR)
    return PROBLEM_BY_ERROR[next(kinds)]


def problem_body(problem: Problem, index: int | None = None) -> bytes:
    """Return a problem document as JSON.

    Args:
        problem: The problem type.
        index: Where a refused step found the counter, if one was refused.
    """
    document: dict[str, str | int] = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if index is not None:
        document["index"] = index
    return compact_json(document)
