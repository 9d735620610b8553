"""Gunicorn's gevent worker, fair to its clients, and stopping while they keep connections open.

Gunicorn's own waits for idle connections up to the whole graceful time-out:
https://github.com/benoitc/gunicorn/issues/3227
"""

import socket
import time
from contextlib import suppress
from typing import Any, Self

import gevent
from gunicorn.workers.ggevent import GeventWorker

IDLE_SECONDS_AT_STOP = 3.0
"""How long a connection may wait for its next request once the worker is told to stop; that one
is answered with `Connection: close`."""

_SWEEP_SECONDS = 1.0
"""How often idle connections are looked for. A timer for each request would cost more than
all the rest of its waiting."""


class StoppingWorker(GeventWorker):
    """Serves on for `IDLE_SECONDS_AT_STOP` after SIGTERM, then closes what is idle."""

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

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop accepting, and let the idle connections go in a while."""
        super().handle_exit(sig, frame)
        gevent.spawn_later(IDLE_SECONDS_AT_STOP, self._close_what_gets_idle)

    def _sweep(self) -> None:
        while True:
            gevent.sleep(_SWEEP_SECONDS)
            self._close_idle(self.cfg.keepalive)

    def _close_what_gets_idle(self) -> None:
        # A request that was in flight at the signal is answered without `Connection: close`, and
        # its connection is idle only then.
        while True:
            self._close_idle(0.0)
            gevent.sleep(_SWEEP_SECONDS)

    def _close_idle(self, seconds: float) -> None:
        latest = time.monotonic() - seconds
        for connection in list(self._connections.values()):
            if connection.idle_since is not None and connection.idle_since <= latest:
                connection.close()


class _Connection:
    """A client's connection, idle while this context is entered.

    Attributes:
        idle_since: When it began to wait for its next request, monotonic; None while it is served.
    """

    __slots__ = ("_socket", "idle_since")

    def __init__(self, client: socket.socket) -> None:
        self._socket = client
        self.idle_since: float | None = None

    def __enter__(self) -> Self:
        # The others' turn: a client whose next request is always there already would keep the
        # process to itself. And when its turn comes again, that request mostly is there, so that
        # the event loop need not be asked for it.
        gevent.sleep(0)
        self.idle_since = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.idle_since = None

    def close(self) -> None:
        """Let the reader find the end; a request that has just arrived is still answered."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RD)
