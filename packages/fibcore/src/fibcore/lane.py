"""Requests that wait together, and the one worker that takes all of them at once."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from fibcore.errors import CounterError, OutcomeUnknown, Unavailable
from fibcore.plan import Kind, Step

QUEUE_LIMIT = 1_000
"""How many steps may wait for a worker; past it, a step is refused at once."""

_PASSES = 4
"""How often at most the worker lets others run before it takes a batch: enough for the clients
just answered to come back, and short where more arrive all the time."""

_log = logging.getLogger(__name__)


class Batch:
    """Steps that share one request to the table.

    Attributes:
        lock: Held while steps join, leave or are answered, and while a write is planned from them.
        waiting: Those not yet answered, in the order of arrival.
        unanswered: By number, the writes with these steps that are on their way or went unanswered.
        done: Set when every step is answered.
    """

    def __init__(self, lock: threading.Lock) -> None:
        self.lock = lock
        self.waiting: dict[Step, None] = {}
        self.unanswered: dict[int, Any] = {}
        self.done = threading.Event()

    def leave(self, step: Step) -> None:
        """Take out a step whose time is up; no later write will hold it."""
        with self.lock:
            if step in self.waiting:
                del self.waiting[step]
                step.outcome = (
                    OutcomeUnknown("a write with this step is unanswered at the deadline")
                    if self.unanswered
                    else Unavailable("the table took no write before the deadline")
                )

    def fail(self, failure: Callable[[], CounterError]) -> None:
        """Answer all that still wait with a failure of their own."""
        with self.lock:
            for step in self.waiting:
                step.outcome = failure()
            self.waiting.clear()


class Lane:
    """A queue and its worker: while it serves one batch, arriving steps wait in the next.

    The worker is a thread, or a greenlet where threads are patched, and none of its clients: no
    client that goes away can strand the others.

    Args:
        serve: Answers every step of a batch, or leaves those that it can't to their deadlines.
        deadline_seconds: How long a step waits for its answer.
        name: The worker's.
    """

    def __init__(
        self, serve: Callable[[Batch], None], *, deadline_seconds: float, name: str
    ) -> None:
        self._serve = serve
        self._deadline_seconds = deadline_seconds
        self._name = name
        self._lock = threading.Lock()
        self._open = Batch(self._lock)
        self._arrived = threading.Event()
        self._worker: threading.Thread | None = None

    def ask(self, kind: Kind) -> int:
        """Wait with a new step until its batch is served, and return the index it reached.

        Raises:
            Unavailable: Too many wait already, or the step left before a write held it.
            CounterError: However else the step failed.
        """
        step = Step(kind)
        batch = self.join(step)
        try:
            self._wake_worker()
        except BaseException:
            batch.leave(step)
            raise
        if not batch.done.wait(self._deadline_seconds):
            batch.leave(step)
        return step.reached()

    @property
    def queue_length(self) -> int:
        """How many steps wait for a batch to be taken."""
        return len(self._open.waiting)

    def join(self, step: Step) -> Batch:
        """Put `step` into the open batch and return that.

        Raises:
            Unavailable: `QUEUE_LIMIT` steps wait already.
        """
        with self._lock:
            batch = self._open
            if len(batch.waiting) >= QUEUE_LIMIT:
                raise Unavailable("too many steps wait already")
            batch.waiting[step] = None
        return batch

    def serve_next(self) -> bool:
        """Serve the open batch; return False where nobody waits in it."""
        with self._lock:
            batch = self._open
            if not batch.waiting:
                return False
            self._open = Batch(self._lock)
        try:
            self._serve(batch)
        except Exception:
            _log.exception("%s failed", self._name)
            batch.fail(
                lambda: (
                    OutcomeUnknown("the worker failed with a write on its way")
                    if batch.unanswered
                    else Unavailable("the worker failed before a write")
                )
            )
        finally:
            batch.done.set()
        return True

    def _wake_worker(self) -> None:
        if self._worker is None or not self._worker.is_alive():
            # Not before the first step: a thread started earlier dies in Gunicorn's fork.
            with self._lock:
                if self._worker is None or not self._worker.is_alive():
                    self._worker = threading.Thread(target=self._work, name=self._name, daemon=True)
                    self._worker.start()
        self._arrived.set()

    def _work(self) -> None:
        while True:
            self._arrived.wait()
            self._arrived.clear()
            self._gather()
            while self.serve_next():
                self._gather()

    def _gather(self) -> None:
        """Let those come who are about to: in this request to the table, not in the one after."""
        for _ in range(_PASSES):
            waiting = self.queue_length
            time.sleep(0)
            if self.queue_length == waiting:
                return
