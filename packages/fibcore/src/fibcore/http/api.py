"""The contract, answered: a request in, a response out, whatever carries them.

It does no I/O but the counter's and knows no web framework, in the manner of
https://sans-io.readthedocs.io; the adapters turn their server's requests into `Api.respond`.
"""

import logging
import time
from typing import TYPE_CHECKING, NamedTuple

from fibcore.counter import Operation
from fibcore.errors import BeforeStart, CounterError, PastEnd
from fibcore.http import contract
from fibcore.http.contract import Headers, Problem, Route
from fibcore.http.openapi import openapi_document
from fibcore.http.preconditions import matches
from fibcore.sequence import FibonacciSequence, Term

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

_LOG_AGAIN_SECONDS = 1.0


class Response(NamedTuple):
    """A whole answer; `body` is empty where the method or the status wants none."""

    status: int
    headers: Headers
    body: bytes


def problem_response(
    problem: Problem, *, index: int | None = None, more_headers: Headers = ()
) -> Response:
    """Return the answer that tells of `problem`."""
    if problem.retry:
        more_headers = (*more_headers, ("Retry-After", str(contract.RETRY_AFTER_SECONDS)))
    headers = (("Content-Type", contract.PROBLEM_JSON), *more_headers, *contract.NO_STORE_HEADERS)
    return Response(problem.status, headers, contract.problem_body(problem, index))


class Api:
    """Answers requests by the contract.

    Args:
        sequence: What the counting operations step through.
    """

    def __init__(self, sequence: FibonacciSequence) -> None:
        self._terms: dict[Operation, Callable[[], Term]] = {
            Operation.CURRENT: sequence.current,
            Operation.NEXT: sequence.next,
            Operation.PREVIOUS: sequence.previous,
            Operation.RESET: sequence.reset,
        }
        self._told, self._tell_again_at = "", 0.0
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
        """Answer one request; no failure escapes as an exception.

        Args:
            method: As sent; methods are case-sensitive.
            path: Percent-decoded once, without the query.
            if_none_match: The header's value, several joined by commas; None where absent.
            body_too_large: Whether the body passed `BODY_LIMIT_BYTES`.
        """
        route = contract.ROUTE_BY_PATH.get(path)
        if route is None:
            response = problem_response(contract.NOT_FOUND)
        elif method not in route.methods:
            allow = (("Allow", ", ".join(route.methods)),)
            response = problem_response(contract.METHOD_NOT_ALLOWED, more_headers=allow)
        elif body_too_large:
            response = problem_response(contract.BODY_TOO_LARGE)
        elif method == "OPTIONS":
            response = Response(204, contract.preflight_headers(route), b"")
        else:
            response = self.perform(route, if_none_match=if_none_match)
        return response._replace(body=b"") if method == "HEAD" else response

    def perform(self, route: Route, *, if_none_match: str | None) -> Response:
        """Answer a request for `route` by its own method, without a body."""
        operation = route.operation
        if operation is None:
            return Response(200, contract.TERM_HEADERS, self._constant_bodies[route.name])
        try:
            term = self._terms[operation]()
        except CounterError as error:
            return self._refusal(error)
        except Exception:
            _log.exception("%s failed", operation.value)
            return problem_response(contract.INTERNAL)
        if operation is not Operation.CURRENT:
            return Response(200, contract.TERM_HEADERS, contract.term_body(term))
        headers = contract.current_headers(term.index)
        if if_none_match is not None and matches(if_none_match, contract.etag(term.index)):
            return Response(304, headers, b"")
        return Response(200, (("Content-Type", contract.JSON), *headers), contract.term_body(term))

    def _tell(self, error: CounterError) -> None:
        """Log the failure, but not once for each of a thousand clients that meet it."""
        now = time.monotonic()
        text = str(error)
        if text != self._told or now >= self._tell_again_at:
            self._told, self._tell_again_at = text, now + _LOG_AGAIN_SECONDS
            _log.error("%s", text)

    def _refusal(self, error: CounterError) -> Response:
        if isinstance(error, BeforeStart | PastEnd):
            return problem_response(contract.problem_of(error), index=error.index)
        self._tell(error)
        return problem_response(contract.problem_of(error))
