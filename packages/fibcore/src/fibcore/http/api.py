"""Answers HTTP requests by the contract, without a web framework.

The two backends, `server_api` and `lambda_api`, turn each request that they receive into a call of
`Api.respond`. Only the fast path of `server_api` calls `Api.perform` instead. This is the sans-I/O
pattern, https://sans-io.readthedocs.io. The only I/O here is the counter's.
"""

import logging
import time
from typing import TYPE_CHECKING, NamedTuple

from fibcore.counter import Operation
from fibcore.errors import BeforeStart, CounterError, PastEnd
from fibcore.http import contract, problems
from fibcore.http.contract import Headers, Route
from fibcore.http.openapi import openapi_document
from fibcore.http.preconditions import matches
from fibcore.http.problems import Problem
from fibcore.sequence import FibonacciSequence, Term

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

_LOG_AGAIN_SECONDS = 1.0


class Response(NamedTuple):
    """A complete answer; `body` is empty if the method or the status allows none."""

    status: int
    headers: Headers
    body: bytes


def problem_response(
    problem: Problem, *, index: int | None = None, more_headers: Headers = ()
) -> Response:
    """Return the answer that reports `problem`."""
    if problem.retry:
        more_headers = (*more_headers, ("Retry-After", str(contract.RETRY_AFTER_SECONDS)))
    headers = (("Content-Type", problems.PROBLEM_JSON), *more_headers, *contract.NO_STORE_HEADERS)
    return Response(problem.status, headers, problems.problem_body(problem, index))


class Api:
    """Answers requests by the contract.

    Args:
        sequence: The sequence that the counting operations step through.
    """

    def __init__(self, sequence: FibonacciSequence) -> None:
        self._terms: dict[Operation, Callable[[], Term]] = {
            Operation.CURRENT: sequence.current,
            Operation.NEXT: sequence.next,
            Operation.PREVIOUS: sequence.previous,
            Operation.RESET: sequence.reset,
        }
        self._last_logged, self._log_again_at = "", 0.0
        self._constant_bodies = {
            "health": contract.HEALTH_BODY,
            "openapi": contract.compact_json(openapi_document()),
        }

    def respond(
        self,
        method: str,
        path: str,
        *,
        if_none_match: str | None = None,
        body_too_large: bool = False,
    ) -> Response:
        """Answer one request. No error leaves as an exception.

        Args:
            method: The method as it was sent; methods are case-sensitive.
            path: The path without the query, percent-decoded once.
            if_none_match: The value of the header, or several values joined by commas; None if
                the header is absent.
            body_too_large: Whether the body is larger than `BODY_LIMIT_BYTES`.
        """
        route = contract.ROUTE_BY_PATH.get(path)
        if route is None:
            response = problem_response(problems.NOT_FOUND)
        elif method not in route.methods:
            allow = (("Allow", ", ".join(route.methods)),)
            response = problem_response(problems.METHOD_NOT_ALLOWED, more_headers=allow)
        elif body_too_large:
            response = problem_response(problems.BODY_TOO_LARGE)
        elif method == "OPTIONS":
            response = Response(204, contract.preflight_headers(route), b"")
        else:
            response = self.perform(route, if_none_match=if_none_match)
        return response._replace(body=b"") if method == "HEAD" else response

    def perform(self, route: Route, *, if_none_match: str | None) -> Response:
        """Carry out a request for `route`, whose method and body were checked before."""
        operation = route.operation
        if operation is None:
            return Response(200, contract.TERM_HEADERS, self._constant_bodies[route.name])
        try:
            term = self._terms[operation]()
        except CounterError as error:
            return self._error_response(error)
        except Exception:
            _log.exception("%s failed", operation.value)
            return problem_response(problems.INTERNAL)
        if operation is not Operation.CURRENT:
            return Response(200, contract.TERM_HEADERS, contract.term_body(term))
        headers = contract.current_headers(term.index)
        if if_none_match is not None and matches(if_none_match, contract.etag(term.index)):
            return Response(304, headers, b"")
        return Response(200, (("Content-Type", contract.JSON), *headers), contract.term_body(term))

    def _log_throttled(self, error: CounterError) -> None:
        """Log an error, unless it repeats the last logged text within a second."""
        now = time.monotonic()
        text = str(error)
        if text != self._last_logged or now >= self._log_again_at:
            self._last_logged, self._log_again_at = text, now + _LOG_AGAIN_SECONDS
            _log.error("%s", text)

    def _error_response(self, error: CounterError) -> Response:
        if isinstance(error, BeforeStart | PastEnd):
            return problem_response(problems.problem_of(error), index=error.index)
        self._log_throttled(error)
        return problem_response(problems.problem_of(error))
