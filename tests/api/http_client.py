"""An HTTP client that sends exactly what it is told to: any method, any path, any bytes."""

import http.client
import json
import socket
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from fibcore.http.problems import Problem

EVERY_ANSWER = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag, Retry-After",
}


@dataclass
class Answer:
    """An answer, with the names of its headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def index(self) -> int:
        index: int = self.json()["index"]
        return index


@dataclass
class Backend:
    """A backend that requests are sent to."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        body: Any = None,
        chunked: bool = False,
    ) -> Answer:
        parts = urlsplit(self.url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(parts.netloc, timeout=30)
        try:
            connection.request(
                method,
                parts.path + path,
                body=body,
                headers=self.headers | (headers or {}),
                encode_chunked=chunked,
            )
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())
        finally:
            connection.close()

    def send_raw(self, data: bytes) -> bytes:
        """Send `data`, end the sending side, and return everything that comes back."""
        parts = urlsplit(self.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=15) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            received = b""
            while chunk := connection.recv(65_536):
                received += chunk
            return received


def assert_problem(answer: Answer, problem: Problem) -> None:
    """Assert that `answer` is the problem document of `problem`, with its headers."""
    assert answer.status == problem.status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert EVERY_ANSWER.items() <= answer.headers.items()
    assert ("retry-after" in answer.headers) is problem.retry
    document = answer.json()
    document.pop("index", None)
    assert document == {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
