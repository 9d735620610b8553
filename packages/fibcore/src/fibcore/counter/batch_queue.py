"""Requests that wait together, and the one worker that takes all of them at once."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from fibcore.counter import Operation
from fibcore.counter.plan import Step
from fibcore.errors import CounterError, OutcomeUnknown, Unavailable

QUEUE_LIMIT = 1_000
"""How many steps may wait for a worker; past it, a step is refused at once."""

TURNS_FROM = 128
"""From so many clients on, two halves take turns: a process answers one of them in about the 5 ms
that the other's write takes. Fewer are sooner all back than two writes are done."""

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


class BatchQueue:
    """A queue and its worker: while it serves one batch, arriving steps wait in another.

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
        self._batches = [Batch(self._lock)]
        self._full: int | None = None  # so many steps close the batch that they wait in
        self._served = 0  # how many steps the last batch held
        self._arrived = threading.Event()
        self._worker: threading.Thread | None = None

    def ask(self, kind: Operation) -> int:
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
        return sum(len(batch.waiting) for batch in self._batches)

    def join(self, step: Step) -> Batch:
        """Put `step` into the newest batch and return that.

        Raises:
            Unavailable: `QUEUE_LIMIT` steps wait already.
        """
        with self._lock:
            if self.queue_length >= QUEUE_LIMIT:
                raise Unavailable("too many steps wait already")
            batch = self._batches[-1]
            batch.waiting[step] = None
            if len(batch.waiting) == self._full:
                self._full = None
                self._batches.append(Batch(self._lock))
        return batch

    def serve_next(self) -> bool:
        """Serve the oldest batch; return False where nobody waits."""
        with self._lock:
            if not self.queue_length:
                return False
            batch = self._batches.pop(0)
            self._served = len(batch.waiting)
            if not self._batches:
                self._batches.append(Batch(self._lock))
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
        """Let those just answered ask anew, so that the next request to the table has them too.

        All of them where they are few; of many one half, whose request is on its way while the
        other half is answered and asks anew.
        """
        waiting = self.queue_length
        if waiting + self._served >= TURNS_FROM:
            if waiting * 2 >= self._served:
                return
            self._full = (waiting + self._served) // 2
        time.sleep(0)  # They take their answers,
        time.sleep(0)  # and ask.
        self._full = None
