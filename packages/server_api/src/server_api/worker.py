"""Gunicorn's gevent worker, made to stop while clients keep idle connections open.

Gunicorn's own waits for them up to the whole graceful time-out:
https://github.com/benoitc/gunicorn/issues/3227
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import gevent
from gunicorn.workers.ggevent import GeventWorker

if TYPE_CHECKING:
    from greenlet import greenlet

IDLE_SECONDS_AT_STOP = 3.0
"""How long a connection may wait for its next request once the worker is told to stop; that one
is answered with `Connection: close`."""


class StoppingWorker(GeventWorker):
    """Serves on for `IDLE_SECONDS_AT_STOP` after SIGTERM, then closes what is idle."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idle: dict[greenlet, gevent.Timeout] = {}

    def timeout_ctx(self) -> Any:
        """Return a context that gives a connection the keep-alive time for its next request."""
        return self._until_next_request()

    @contextmanager
    def _until_next_request(self) -> Iterator[None]:
        waiting = gevent.getcurrent()
        timeout = gevent.Timeout.start_new(self.cfg.keepalive)
        self._idle[waiting] = timeout
        try:
            yield
        except gevent.Timeout as passed:
            if passed is not timeout:
                raise
        finally:
            timeout.close()
            del self._idle[waiting]

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop accepting, and let the idle connections go in a while."""
        super().handle_exit(sig, frame)
        gevent.spawn_later(IDLE_SECONDS_AT_STOP, self._close_idle)

    def _close_idle(self) -> None:
        for waiting, timeout in list(self._idle.items()):
            gevent.kill(waiting, timeout)
