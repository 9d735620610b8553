"""Gunicorn's gevent worker, fair to its clients, and stopping while they keep connections open.

Gunicorn's own waits for idle connections up to the whole graceful time-out
(https://github.com/benoitc/gunicorn/issues/3227), and for ever for a client that takes nothing of
its answer.
"""

import socket
import time
from contextlib import suppress
from typing import Any, Self

import gevent
from gunicorn import util
from gunicorn.workers.ggevent import GeventWorker

IDLE_SECONDS_AT_STOP = 3.0
"""How long a connection may wait for its next request once the worker is told to stop; that one
is answered with `Connection: close`."""

_SWEEP_SECONDS = 1.0
"""How often stalled connections are looked for. A timer for each request would cost more than
all the rest of its waiting."""


class StoppingWorker(GeventWorker):
    """Serves on for `IDLE_SECONDS_AT_STOP` after SIGTERM, then closes what is idle.

    Before that too, it closes a connection whose next request is not there, head and all, or whose
    answer is not taken, within the keep-alive time.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connections: dict[object, _Connection] = {}

    def run(self) -> None:
        """Serve until told to stop."""
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

    def timeout_ctx(self) -> Any:
        """Return a context that gives a connection the keep-alive time for its next request."""
        return self._connections[gevent.getcurrent()]

    def handle_request(self, listener_name: Any, req: Any, sock: socket.socket, addr: Any) -> bool:
        """Answer one request."""
        self._connections[gevent.getcurrent()].serve(req)
        return super().handle_request(listener_name, req, sock, addr)

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
            if connection.request is None:
                connection.close()


class _Connection:
    """A client's connection; while this context is entered, it waits for its next request.

    Attributes:
        request: The one that is being answered; None while it waits for the next.
        since: When that began, monotonic.
    """

    __slots__ = ("_socket", "request", "since")

    def __init__(self, client: socket.socket) -> None:
        self._socket = client
        self.request: Any = None
        self.since = time.monotonic()

    def __enter__(self) -> Self:
        # The others' turn: a client whose next request is always there already would keep the
        # process to itself. And when its turn comes again, that request mostly is there, so that
        # the event loop need not be asked for it.
        gevent.sleep(0)
        self.request = None
        self.since = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def serve(self, request: Any) -> None:
        """Take note that `request` is being answered."""
        self.request = request
        self.since = time.monotonic()

    def close_after_answer(self) -> None:
        """Say `Connection: close` in the answer that is under way, if its head is not yet sent."""
        if self.request is not None:
            self.request.force_close()

    def close(self) -> None:
        """Let whoever waits on it find the end; a request that has just arrived is answered."""
        how = socket.SHUT_RD if self.request is None else socket.SHUT_RDWR
        with suppress(OSError):
            self._socket.shutdown(how)
