"""The functions that the architecture page lists are called in that order by a real request."""

import json
import re
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from types import FrameType
from typing import Any, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from fibcore import Api, Settings
from fibcore.counter.batching import BatchingCounter
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.repository import CounterRepository
from fibcore.fibonacci import Fibonacci
from fibcore.sequence import FibonacciSequence
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from server_api.fast_path import FastPath, send
from urllib3 import HTTPResponse

from tests.docs.documents import DOCS

PAGE = (DOCS / "architecture.md").read_text()
LISTED = re.findall(r"^\d+\. `([\w.]+)`", PAGE, re.MULTILINE)


@contextmanager
def calls_recorded() -> Iterator[list[str]]:
    """Record the qualified name of every function called, in every thread started meanwhile."""
    called: list[str] = []

    def record(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            called.append(f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}")

    threading.setprofile(record)
    sys.setprofile(record)
    try:
        yield called
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
    """Answer a request to DynamoDB before it is sent: the index is 6, or 7 after a write."""
    asked = json.loads(cast("bytes", request.body))
    attributes = {"value": {"N": "7"}}
    if number := asked.get("ExpressionAttributeValues", {}).get(":number"):
        attributes[asked["ExpressionAttributeNames"]["#number"]] = number
    body = json.dumps({"Attributes": attributes, "Item": {"value": {"N": "6"}}}).encode()
    headers = HTTPHeaders()
    headers["content-length"] = str(len(body))
    raw = HTTPResponse(BytesIO(body), preload_content=False)
    return AWSResponse("http://dynamodb", 200, headers, raw)


def new_fast_path() -> FastPath:
    """Return a fast path whose DynamoDB is `answer`."""
    environ = {"COUNTER_TABLE_NAME": "counter", "AWS_REGION": "us-east-1"}
    client = create_client(Settings.from_environ(environ))
    repository = CounterRepository(client, "counter")
    client.meta.events.register_last("before-send.dynamodb", cast("Any", answer))
    counter = BatchingCounter(repository, max_index=1_000, deadline_seconds=5)
    return FastPath(Api(FibonacciSequence(counter, Fibonacci())))


def test_listed_functions_are_called_in_order() -> None:
    fast_path = new_fast_path()
    head = b"POST /next HTTP/1.1\r\nHost: localhost\r\n\r\n"
    (request,) = RequestParser(Config(), iter([head]), ("127.0.0.1", 0))
    ours, theirs = socket.socketpair()
    with ours, theirs, calls_recorded() as called:
        response = fast_path.respond(request)
        assert response
        send(ours, response, keep_alive=True)
        assert theirs.recv(10_000).endswith(b'{"index":7,"value":"13"}')
    missing = object()
    remaining = iter(called)
    for function in LISTED:
        assert next((call for call in remaining if call == function), missing) == function, called
    assert len(LISTED) > 10
