"""Gunicorn's gevent worker with a short way, fair to its clients, and stopping in time.

When it stops, Gunicorn's own waits for idle connections up to the whole graceful time-out
(https://github.com/benoitc/gunicorn/issues/3227); at any time it waits for ever for a client that
takes nothing of its answer.
"""

import select
import socket
import time
from contextlib import suppress
from typing import Any, Self

import gevent
from fibcore.http.contract import HEAD_BYTES
from gevent import monkey
from gunicorn import util
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.workers.ggevent import GeventWorker

from server_api.short_way import EXTENSION, ShortWay, send

IDLE_SECONDS_AT_STOP = 3.0
"""How long a connection may wait for its next request once the worker is told to stop; that one
is answered with `Connection: close`."""

_HEAD_BUFFER_BYTES = HEAD_BYTES + 10 * 1024
"""How much of an unfinished request head is held in memory, in two copies.

These are the 32 KB that are served, 2 KB that CloudFront and the load balancer add, and 8 KB of
what follows that the last read may bring. All 4,096 connections together hold at most 400 MB, and
for no longer than the keep-alive time.
"""

_SystemSocket = monkey.get_original("socket", "socket")

_SWEEP_SECONDS = 1.0
"""How often stalled connections are looked for. A timer for each request would cost more than
all the rest of its waiting."""


class CounterWorker(GeventWorker):
    """Answers plain requests by the application's short way, where it has one.

    It closes a connection whose next request is not there, head and all, or whose answer is not
    taken, within the keep-alive time. After SIGTERM it serves on for `IDLE_SECONDS_AT_STOP`, then
    closes what is idle.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connections: dict[object, Connection] = {}
        self._short_way: ShortWay | None = None

    def patch(self) -> None:
        """Make the standard library wait by gevent, all but `select.poll`.

        gevent's takes a turn of the event loop even where it is not to wait. So urllib3 asks
        before each call whether its connection was closed, and a write already planned would
        stand back behind every client that is ready, 3 ms at 256 connections. Nothing here waits
        by it.
        """
        super().patch()
        select.poll = monkey.get_original("select", "poll")  # type: ignore[misc]

    def run(self) -> None:
        """Serve until told to stop."""
        if not self.cfg.accesslog:  # which is written on the way through WSGI
            self._short_way = getattr(self.wsgi, "extensions", {}).get(EXTENSION)
        gevent.spawn(self._sweep)
        super().run()

    def handle(self, listener: Any, client: socket.socket, addr: Any) -> None:
        """Serve one connection."""
        served_by = gevent.getcurrent()
        self._connections[served_by] = Connection(client, last_request=not self.alive)
        try:
            super().handle(listener, client, addr)
        finally:
            del self._connections[served_by]

    def handle_request(self, listener_name: Any, req: Any, sock: socket.socket, addr: Any) -> Any:
        """Serve one request."""
        connection = self._connections[gevent.getcurrent()]
        try:
            response = self._short_way.respond(req) if self._short_way else None
        except gevent.GreenletExit:
            raise StopIteration from None  # the graceful timeout has passed: close the connection
        if response is None:
            connection.begin(req)
            return super().handle_request(listener_name, req, sock, addr)
        keep_alive = not connection.last_request
        send(sock, response, keep_alive=keep_alive)
        if not keep_alive:
            raise StopIteration
        return True

    def timeout_ctx(self) -> Any:
        """Return the context in which Gunicorn reads the next request of a connection."""
        return self._connections[gevent.getcurrent()]

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer a request that the parser refuses, and let its client read the answer."""
        super().handle_error(req, client, addr, exc)
        util.close_graceful(client)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop accepting connections, and close idle ones after `IDLE_SECONDS_AT_STOP`."""
        super().handle_exit(sig, frame)
        for connection in list(self._connections.values()):
            connection.close_after_answer()
        gevent.spawn_later(IDLE_SECONDS_AT_STOP, self._close_idle)

    def _sweep(self) -> None:
        while True:
            gevent.sleep(_SWEEP_SECONDS)
            latest = time.monotonic() - self.cfg.keepalive
            for connection in list(self._connections.values()):
                if connection.since <= latest:
                    connection.close()

    def _close_idle(self) -> None:
        for connection in list(self._connections.values()):
            if connection.is_idle:
                connection.close()


class BoundedRequest(Request):
    """A request whose head, as well as its trailers, is limited in size.

    Gunicorn limits the number of fields and the size of each, but a head of all fields at their
    largest would be 800 KB.
    """

    def parse(self, unreader: Any) -> Any:
        """Parse the head; Gunicorn answers 431 where it is larger."""
        self.max_buffer_headers = _HEAD_BUFFER_BYTES
        return super().parse(unreader)


RequestParser.mesg_class = BoundedRequest


class Connection:
    """A client's connection; it is idle while this context is entered.

    Attributes:
        is_idle: Whether it waits for its next request. Otherwise it is answering one.
        since: When the connection became idle or began to answer, monotonic.
        last_request: Whether the answer to this request or the next one closes the connection.
    """

    __slots__ = ("_request", "_socket", "is_idle", "last_request", "since")

    def __init__(self, client: socket.socket, *, last_request: bool = False) -> None:
        self._socket = client
        self._request: Any = None
        self.is_idle = False
        self.since = time.monotonic()
        self.last_request = last_request

    def __enter__(self) -> Self:
        # A client whose next request is always there already would keep the process to itself, so
        # the other clients get a turn first. When this turn comes again, the next request has
        # mostly arrived, so that the event loop need not be asked for it.
        gevent.sleep(0)
        self._request = None
        self.is_idle = True
        self.since = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_idle = False
        self.since = time.monotonic()

    def begin(self, request: Any) -> None:
        """Note the request that Gunicorn answers, so that its answer can still be the last."""
        self._request = request
        if self.last_request:
            request.force_close()

    def close_after_answer(self) -> None:
        """Say `Connection: close` in the answer to this request or to the next one."""
        self.last_request = True
        if self._request is not None:
            self._request.force_close()

    def close(self) -> None:
        """Close an idle connection, or one whose client does not take its answer.

        A request that has already arrived is still answered. gevent's own `shutdown` would throw
        an exception into the greenlet that reads, even when data is waiting for it. The system's
        `shutdown` only marks the end: the greenlet reads what has arrived and then finds that end.
        """
        self.close_after_answer()
        with suppress(OSError, ValueError):  # it is closed already
            system_socket = _SystemSocket(fileno=self._socket.fileno())
            try:
                system_socket.shutdown(socket.SHUT_RD if self.is_idle else socket.SHUT_RDWR)
            finally:
                system_socket.detach()
