"""WSGI applications to compare ours with, on the same server."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import flask
from fibcore import Api, Settings
from fibcore.counter.simple import SimpleCounter
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.repository import CounterRepository
from fibcore.fibonacci import Fibonacci
from fibcore.http.contract import term_body
from fibcore.sequence import FibonacciSequence, Term
from server_api.app import ServerApplication

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication


def constant(index: int = 1_000) -> "WSGIApplication":
    """Return an application that answers everything with the term at `index`."""
    body = term_body(Term(index, Fibonacci().digits(index)))
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]

    def application(_: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", headers)
        return [body]

    return application


def hello() -> "WSGIApplication":
    """Return the least that a WSGI application can be."""
    headers = [("Content-Type", "text/plain"), ("Content-Length", "5")]

    def application(_: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", headers)
        return [b"hello"]

    return application


def without_combining() -> ServerApplication:
    """Return our own application, but with a call to DynamoDB for each request."""
    return ServerApplication(Api(_sequence()))


def one_write_per_request() -> "WSGIApplication":
    """Return the service as one would write it first: Flask, and a call to DynamoDB a request."""
    sequence = _sequence()
    app = flask.Flask(__name__)

    def answer(term: Term) -> flask.Response:
        return flask.Response(term_body(term), mimetype="application/json")

    app.add_url_rule("/current", "current", lambda: answer(sequence.current()))
    app.add_url_rule("/next", "next", lambda: answer(sequence.next()), methods=["POST"])
    app.add_url_rule("/previous", "previous", lambda: answer(sequence.previous()), methods=["POST"])
    return app


def _sequence() -> FibonacciSequence:
    settings = Settings.from_environ(os.environ)
    table = CounterRepository(create_client(settings, connections=256), settings.table_name)
    counter = SimpleCounter(
        table, max_index=settings.max_index, deadline_seconds=settings.deadline_seconds
    )
    return FibonacciSequence(counter, Fibonacci())
