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
from gevent import monkey
from gunicorn import util
from gunicorn.workers.ggevent import GeventWorker

from server_api.short_way import EXTENSION, ShortWay, send

IDLE_SECONDS_AT_STOP = 3.0
"""How long a connection may wait for its next request once the worker is told to stop; that one
is answered with `Connection: close`."""

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
        self._connections: dict[object, _Connection] = {}
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
        self._connections[served_by] = _Connection(client)
        try:
            super().handle(listener, client, addr)
        finally:
            del self._connections[served_by]

    def handle_request(self, listener_name: Any, req: Any, sock: socket.socket, addr: Any) -> Any:
        """Serve one request."""
        try:
            response = self._short_way.respond(req) if self._short_way else None
        except gevent.GreenletExit:
            raise StopIteration from None  # the graceful time-out has passed: hang up
        if response is None:
            self._connections[gevent.getcurrent()].request = req
            return super().handle_request(listener_name, req, sock, addr)
        keep_alive: bool = self.alive
        send(sock, response, keep_alive=keep_alive)
        if not keep_alive:
            raise StopIteration
        return True

    def timeout_ctx(self) -> Any:
        """Return a context that gives a connection the keep-alive time for its next request."""
        return self._connections[gevent.getcurrent()]

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what the parser refuses, and let its client, which may still send, read that."""
        super().handle_error(req, client, addr, exc)
        util.close_graceful(client)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop accepting, and let the idle connections go in a while."""
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


class _Connection:
    """A client's connection, idle while this context is entered.

    Attributes:
        is_idle: Whether it waits for its next request; else that is being answered.
        since: When that began, monotonic.
        request: The one that is being answered by way of WSGI, if one is.
    """

    __slots__ = ("_socket", "is_idle", "request", "since")

    def __init__(self, client: socket.socket) -> None:
        self._socket = client
        self.is_idle = False
        self.since = time.monotonic()
        self.request: Any = None

    def __enter__(self) -> Self:
        # The others' turn: a client whose next request is always there already would keep the
        # process to itself. And when its turn comes again, that request mostly is there, so that
        # the event loop need not be asked for it.
        gevent.sleep(0)
        self.request = None
        self.is_idle = True
        self.since = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_idle = False
        self.since = time.monotonic()

    def close_after_answer(self) -> None:
        """Say `Connection: close` in an answer that Gunicorn has begun before it was to stop."""
        if self.request is not None:
            self.request.force_close()

    def close(self) -> None:
        """Let whoever waits on it find the end; a request that has just arrived is answered."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RD if self.is_idle else socket.SHUT_RDWR)
