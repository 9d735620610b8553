"""The HTTP contract as data: routes, status codes, headers, bodies and problem types.

This is the only place for these facts. `api.py` answers requests by them, `openapi.py` describes
them, and both backends and the infrastructure read them.
"""

import json
from typing import Final, NamedTuple

from fibcore.counter import Operation
from fibcore.errors import BeforeStart, CounterError, OutcomeUnknown, PastEnd, Unavailable
from fibcore.sequence import Term

BODY_LIMIT_BYTES: Final = 64 * 1024
"""A longer request body is refused; a shorter one is read and ignored."""

HEAD_FIELDS: Final = 64
FIELD_BYTES: Final = 8 * 1024
HEAD_BYTES: Final = 32 * 1024
"""The most header fields that a request may have, the most bytes of a field, and of the head."""

RETRY_AFTER_SECONDS: Final = 1

Headers = tuple[tuple[str, str], ...]


class Route(NamedTuple):
    """One path and its method. HEAD is served wherever GET is, and OPTIONS everywhere.

    Attributes:
        name: The operation's id in the OpenAPI document.
        operation: The counter's operation; None if the answer is a constant.
    """

    method: str
    path: str
    name: str
    operation: Operation | None
    summary: str

    @property
    def methods(self) -> tuple[str, ...]:
        """All methods that the path serves, in the order of the `Allow` header."""
        if self.method == "GET":
            return ("GET", "HEAD", "OPTIONS")
        return ("OPTIONS", self.method)


ROUTES: Final = (
    Route("GET", "/current", "current", Operation.CURRENT, "The current index and its number"),
    Route("POST", "/next", "next", Operation.NEXT, "Step forward and return the new term"),
    Route("POST", "/previous", "previous", Operation.PREVIOUS, "Step back and return the new term"),
    Route("POST", "/reset", "reset", Operation.RESET, "Go to index 0 and return the term there"),
    Route("GET", "/health", "health", None, "Liveness check; it does not ask the database"),
    Route("GET", "/openapi.json", "openapi", None, "This document"),
)

ROUTE_BY_PATH: Final = {route.path: route for route in ROUTES}

HEALTH_PATH: Final = next(route.path for route in ROUTES if route.name == "health")
CURRENT_PATH: Final = next(route.path for route in ROUTES if route.name == "current")


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
    "The database did not confirm the step. It may have been counted: get /current first.",
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


JSON: Final = "application/json"
PROBLEM_JSON: Final = "application/problem+json"

COMMON_HEADERS: Final[Headers] = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "ETag, Retry-After"),
)
NO_STORE_HEADERS: Final[Headers] = (("Cache-Control", "no-store"), *COMMON_HEADERS)
TERM_HEADERS: Final[Headers] = (("Content-Type", JSON), *NO_STORE_HEADERS)

HEALTH_BODY: Final = b'{"status":"ok"}'


def etag(index: int) -> str:
    """Return the entity tag of the term at `index`: the index, because it determines the value."""
    return f'"{index}"'


def current_headers(index: int) -> Headers:
    """Return the headers of a 200 or 304 to `GET /current`; caches ask again each time."""
    return (("ETag", etag(index)), ("Cache-Control", "no-cache"), *COMMON_HEADERS)


def preflight_headers(route: Route) -> Headers:
    """Return the headers that answer OPTIONS on the path of `route`."""
    allowed = ", ".join(route.methods)
    return (
        ("Allow", allowed),
        ("Access-Control-Allow-Methods", allowed),
        ("Access-Control-Allow-Headers", "Content-Type, If-None-Match"),
        ("Access-Control-Max-Age", "7200"),
        *NO_STORE_HEADERS,
    )


def term_body(term: Term) -> bytes:
    """Return a term as JSON.

    The value is a string because a browser's numbers lose digits past 2^53 (RFC 7493, section
    2.2).
    """
    return b'{"index":%d,"value":"%b"}' % (term.index, term.value)


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


def compact_json(document: object) -> bytes:
    """Return `document` as JSON in UTF-8 without white space."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
