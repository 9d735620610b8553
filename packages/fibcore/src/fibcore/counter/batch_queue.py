"""Batch queue with one worker thread: requests that wait together share one call to the table."""

import logging
import threading
import time
from collections.abc import Callable

from fibcore.counter import Operation
from fibcore.counter.batch import Batch
from fibcore.counter.plan import Step
from fibcore.errors import Unavailable

TWO_BATCHES_FROM = 128
"""From this many clients on, the queue divides them into two batches of about the same size: one is
answered while the write of the other is in flight. With fewer clients, one batch is faster."""

GRACE_SECONDS = 0.5
"""If DynamoDB rejected a step's write, the step waits up to this long past its deadline. A proxy
may have delivered that write twice, and the next write reveals whether the other delivery was
applied. If a write's outcome is still unknown then, the step waits up to this long once more."""

_GRACE_PARTS = 10

_log = logging.getLogger(__name__)


class BatchQueue:
    """A queue and its worker: while the worker serves one batch, arriving steps wait in another.

    The worker is a separate thread, or a greenlet if gevent has patched threads. It belongs to
    no client, so a client that goes away cannot block the others.

    Args:
        serve: Answers the steps of a batch. A step that it leaves unanswered waits until its
            deadline.
        pace: Waits until the next batch may be served.
        deadline_seconds: How long a step waits for its answer.
        limit: How many steps may wait for the worker; one more is refused at once.
        name: The name of the worker, for the log.
    """

    def __init__(
        self,
        serve: Callable[[Batch], None],
        *,
        pace: Callable[[], None],
        deadline_seconds: float,
        limit: int,
        name: str,
    ) -> None:
        self._serve = serve
        self._pace = pace
        self._deadline_seconds = deadline_seconds
        self._limit = limit
        self._name = name
        self._lock = threading.Lock()
        self._batches = [Batch(self._lock)]
        self._close_at: int | None = None  # The newest batch is closed at this many steps.
        self._last_batch_size = 0
        self._arrived = threading.Event()
        self._is_working = False

    def submit(self, operation: Operation) -> int:
        """Add a new step, wait until it is answered, and return the index that it reached.

        Raises:
            Unavailable: The queue is full, or no request with this step was carried out in time.
            CounterError: The step failed in another way.
        """
        step = Step(operation)
        batch = self.add(step)
        try:
            self.wake_worker()
            time.sleep(0)  # Let the worker send its call before this thread waits.
            if not _wait(batch.done, self._deadline_seconds) and batch.was_refused:
                _wait(batch.done, GRACE_SECONDS)
                for _ in range(_GRACE_PARTS):
                    if batch.in_doubt:
                        _wait(batch.done, GRACE_SECONDS / _GRACE_PARTS)
        finally:
            if step.outcome is None:
                batch.leave(step)
        return step.result()

    @property
    def length(self) -> int:
        """How many steps wait for the worker."""
        return sum([len(batch.waiting) for batch in self._batches])

    def add(self, step: Step) -> Batch:
        """Add `step` to the newest batch and return the batch.

        Raises:
            Unavailable: The queue is full.
        """
        with self._lock:
            if self.length >= self._limit:
                raise Unavailable("too many steps wait already")
            batch = self._batches[-1]
            batch.waiting[step] = None
            if len(batch.waiting) == self._close_at:
                self._close_at = None
                self._batches.append(Batch(self._lock))
        return batch

    def serve_next(self) -> None:
        """Serve the oldest batch."""
        with self._lock:
            batch = self._batches.pop(0)
            self._last_batch_size = len(batch.waiting)
            if not self._batches:
                self._batches.append(Batch(self._lock))
        try:
            self._serve(batch)
        except BaseException:
            # Reject the waiting steps now, with the errors that they would get at their deadlines.
            for step in list(batch.waiting):
                batch.leave(step)
            raise
        finally:
            if not batch.waiting:
                batch.done.set()

    def wake_worker(self) -> None:
        """Start the worker if there is none, and let it know that a step waits."""
        if not self._is_working:
            # A thread does not survive Gunicorn's fork, so it starts with the first step.
            threading.Thread(target=self._work, name=self._name, daemon=True).start()
        self._arrived.set()

    def _work(self) -> None:
        """Serve batches for ever, unless another thread does so already."""
        with self._lock:
            if self._is_working:
                return
            self._is_working = True
        try:
            while True:
                self._arrived.wait()
                self._arrived.clear()
                self._wait_for_more()
                while self.length:
                    self._pace()
                    try:
                        self.serve_next()
                    except Exception:
                        _log.exception("the %s failed", self._name)
                    self._wait_for_more()
        finally:
            self._is_working = False

    def _wait_for_more(self) -> None:
        """Give clients that were just answered time to send their next request.

        The worker yields twice. If there are many clients (`TWO_BATCHES_FROM`), it does not if at
        least half as many steps wait as the last batch had: the others come during the next call.
        """
        waiting = self.length
        if waiting + self._last_batch_size >= TWO_BATCHES_FROM:
            if waiting * 2 >= self._last_batch_size:
                return
            self._close_at = (waiting + self._last_batch_size) // 2
        time.sleep(0)  # The clients take their answers,
        time.sleep(0)  # and send their next requests.
        self._close_at = None


def _wait(event: threading.Event, seconds: float) -> bool:
    """Wait for the event, at most `seconds`, and return whether it is set.

    `is_set` comes first, because gevent's `Event.wait` may hang if it is called just after `set`.
    """
    return event.is_set() or event.wait(seconds)
