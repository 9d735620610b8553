"""Gunicorn's gevent worker with a fast path, fair turns for connections and a bounded shutdown.

Gunicorn's own gevent worker, when it stops, waits for idle connections up to the whole graceful
timeout: https://github.com/benoitc/gunicorn/issues/3227. Even when it is not stopping, that worker
waits forever for a client that does not read.
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

from server_api.access_log import JsonAccessLogger
from server_api.app import ServerApplication
from server_api.fast_path import FastPath, send

IDLE_SECONDS_AT_STOP = 3.0
"""How long a connection may wait for its next request after the worker was told to stop. That
request is answered with `Connection: close`."""

_HEAD_BUFFER_BYTES = HEAD_BYTES + 10 * 1024
"""How many bytes of an unfinished request head are held in memory, each in two copies.

It is the sum of 32 KB for the client's head, 2 KB that CloudFront and the load balancer add, and 8
KB that the last read may bring beyond the head. All connections together hold at most 400 MB, and
for no longer than the keep-alive time.
"""

_SystemSocket = monkey.get_original("socket", "socket")

_SWEEP_SECONDS = 1.0
"""How often the worker looks for stalled connections. A timer for each request would take more CPU
time than everything else that the worker does to wait for a request."""


class CounterWorker(GeventWorker):
    """Answers simple requests by the application's fast path, if it has one.

    It closes a connection if a whole request head does not arrive, or the client does not read its
    response, within the keep-alive time. After SIGTERM it goes on serving for
    `IDLE_SECONDS_AT_STOP` and then closes idle connections.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connections: dict[object, Connection] = {}
        self._listener_names: dict[object, Any] = {}
        self._fast_path: FastPath | None = None
        self._access_log: JsonAccessLogger | None = None

    def patch(self) -> None:
        """Patch the standard library for gevent, except `select.poll`.

        gevent's `poll` yields to the event loop even if it is told not to wait. urllib3 calls it
        before each request to see whether a pooled connection was closed. So every client that is
        ready would run before a write that is already planned, and delay that write by 3 ms at 256
        connections. Nothing in this process waits by `poll`.
        """
        super().patch()
        select.poll = monkey.get_original("select", "poll")  # type: ignore[misc]

    def run(self) -> None:
        """Serve until told to stop."""
        application: object = self.wsgi
        if isinstance(application, ServerApplication):
            self._fast_path = application.fast_path
        if self.cfg.accesslog and isinstance(self.log, JsonAccessLogger):
            self._access_log = self.log
        self._listener_names = {listener: ListenerName(listener) for listener in self.sockets}
        gevent.spawn(self._sweep)
        super().run()
        if self._access_log:
            self._access_log.write_lines()

    def handle(self, listener: Any, client: socket.socket, addr: Any) -> None:
        """Serve one connection."""
        served_by = gevent.getcurrent()
        self._connections[served_by] = Connection(client, last_request=not self.alive)
        try:
            super().handle(self._listener_names[listener], client, addr)
        finally:
            del self._connections[served_by]

    def handle_request(self, listener_name: Any, req: Any, sock: socket.socket, addr: Any) -> Any:
        """Serve one request."""
        connection = self._connections[gevent.getcurrent()]
        started = time.perf_counter() if self._access_log else 0.0
        try:
            response = self._fast_path.respond(req) if self._fast_path else None
        except gevent.GreenletExit:
            raise StopIteration from None  # the graceful timeout has passed: close the connection
        if response is None:
            connection.begin(req)
            return super().handle_request(listener_name, req, sock, addr)
        keep_alive = not connection.last_request
        send(sock, response, keep_alive=keep_alive)
        if self._access_log:
            seconds = time.perf_counter() - started
            self._access_log.access_on_fast_path(req, response, addr, seconds)
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

    Gunicorn limits the number of fields and the size of each, but a head with the most fields, each
    of the largest size, would have 800 KB.
    """

    def parse(self, unreader: Any) -> Any:
        """Parse the head. Gunicorn answers 431 if it is too large."""
        self.max_buffer_headers = _HEAD_BUFFER_BYTES
        return super().parse(unreader)


RequestParser.mesg_class = BoundedRequest


class ListenerName:
    """The address of a listening socket, which is known even after that socket is closed.

    Gunicorn asks for it when it begins to serve a connection. At a stop, the listening socket may
    be closed by then, and the connection would be lost.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._name = listener.getsockname()

    def getsockname(self) -> Any:
        """Return the address."""
        return self._name


class Connection:
    """A client's connection, and the context in which the worker waits for its next request.

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
        # A client that always has its next request ready would occupy the process, so the other
        # clients run first. When this greenlet runs again, the next request has usually arrived, so
        # reading it need not wait for the event loop.
        gevent.sleep(0)
        self._request = None
        self.is_idle = True
        self.since = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_idle = False
        self.since = time.monotonic()

    def begin(self, request: Any) -> None:
        """Remember the request that Gunicorn answers, for `close_after_answer`."""
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

        On an idle connection, a request that has already arrived is still answered. gevent's own
        `shutdown` would throw an exception into the greenlet that reads, even when data is waiting
        for it. The system's `shutdown` only marks the end: the greenlet reads what has arrived and
        then finds that end.
        """
        self.close_after_answer()
        with suppress(OSError, ValueError):  # it is closed already
            system_socket = _SystemSocket(fileno=self._socket.fileno())
            try:
                system_socket.shutdown(socket.SHUT_RD if self.is_idle else socket.SHUT_RDWR)
            finally:
                system_socket.detach()
