"""Fast path: a simple request goes from Gunicorn's parser straight to the contract.

It avoids the WSGI environment, Flask's dispatch and Gunicorn's response, which is sent in two
pieces. Together, these three take more time than all other work for a simple request.

A request is simple if its method and path are those of a counter's route, it is HTTP/1.1, it has no
body and no Expect header, and it does not ask to close the connection. All others, such as
HEAD, HTTP/1.0, a body or a percent-encoded path, go to Flask, which gives the same answers.
"""

import time
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fibcore import Api, Response
from fibcore.http import contract
from gunicorn import SERVER
from gunicorn.util import http_date

if TYPE_CHECKING:
    from fibcore.http.contract import Headers
    from gunicorn.http.message import Request

_ROUTES = {(route.method, route.path): route for route in contract.ROUTES if route.operation}
_HTTP_1_1 = (1, 1)
_FOR_FLASK = frozenset({"CONTENT-LENGTH", "EXPECT", "TRANSFER-ENCODING"})
_NO_BODY = ("CONTENT-LENGTH", "0")


class FastPath:
    """Answers simple requests by `api`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def respond(self, request: "Request") -> Response | None:
        """Answer a request, or return None to leave it to Flask."""
        route = _ROUTES.get((request.method or "", request.path or ""))
        if route is None or request.version != _HTTP_1_1:
            return None
        tags = []
        for name, value in request.headers:
            if name == "IF-NONE-MATCH":
                tags.append(value)
            elif name in _FOR_FLASK and (name, value) != _NO_BODY:
                return None
        if request.should_close():
            return None
        return self._api.perform(route, if_none_match=", ".join(tags) if tags else None)


def send(client: Any, response: Response, *, keep_alive: bool) -> None:
    """Send a whole response, with one system call if possible, without copying the body."""
    status, headers, body = response
    length = b"" if status == HTTPStatus.NOT_MODIFIED else b"Content-Length: %d\r\n" % len(body)
    head = b"%b%bDate: %b\r\n\r\n" % (
        _head(status, headers, keep_alive=keep_alive),
        length,
        _date(int(time.time())),
    )
    sent = client.sendmsg((head, body))
    for part in (head, body):
        if sent < len(part):
            client.sendall(memoryview(part)[sent:])
        sent = max(0, sent - len(part))


@lru_cache
def _head(status: int, headers: "Headers", *, keep_alive: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"Server: {SERVER}",
        f"Connection: {'keep-alive' if keep_alive else 'close'}",
        *[f"{name}: {value}" for name, value in headers],
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    date: str = http_date(second)
    return date.encode("latin-1")
