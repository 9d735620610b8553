"""The HTTP contract as data: routes, headers and bodies. The errors are in `problems.py`.

These two modules are the only place for these facts. `api.py` answers requests by them,
`openapi.py` describes them, and both backends and the infrastructure read them.
"""

import json
from typing import Final, NamedTuple

from fibcore.counter import Operation
from fibcore.sequence import Term

BODY_LIMIT_BYTES: Final = 64 * 1024
"""A longer request body is refused; a shorter one is read and ignored."""

HEAD_FIELDS: Final = 64
FIELD_BYTES: Final = 8 * 1024
HEAD_BYTES: Final = 32 * 1024
"""A request is served if it has at most `HEAD_FIELDS` header fields, at most `FIELD_BYTES` bytes in
the value of each field, and at most `HEAD_BYTES` bytes in the whole head. A larger one may be
refused, and so may one with a field name of more than 256 bytes, or a request line of more than 8
KB."""

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


JSON: Final = "application/json"

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


def compact_json(document: object) -> bytes:
    """Return `document` as JSON in UTF-8 without white space."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
