"""A counter that writes once for each step, for a process that serves one request at a time."""

import time
from collections.abc import Callable
from itertools import count

from fibcore.counter import Operation
from fibcore.counter.backoff import backoff_seconds
from fibcore.counter.plan import Step, plan_steps
from fibcore.dynamodb.error_classification import ConditionFailed
from fibcore.dynamodb.repository import CounterRepository
from fibcore.errors import Unavailable


class SimpleCounter:
    """A `Counter` that sends one conditional write per step.

    A write is sent again only if its condition failed, if DynamoDB rejected it for a transient
    reason, or if no connection was made. If it is unanswered, the step's outcome is unknown at
    once: nothing in the item tells whether it was applied.

    Args:
        repository: Where the index is kept.
        max_index: The highest index that `next` reaches.
        deadline_seconds: For this many seconds after a method is called, it repeats requests that
            failed for a transient reason. If the condition of a write failed, the method repeats
            the write even after this time.
        clock: Monotonic, in seconds.
        pause: Waits for the given number of seconds.
    """

    def __init__(
        self,
        repository: CounterRepository,
        *,
        max_index: int,
        deadline_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._repository = repository
        self._max_index = max_index
        self._deadline_seconds = deadline_seconds
        self._clock = clock
        self._pause = pause

    def current(self) -> int:
        """See `Counter.current`."""
        return self._try_until_deadline(self._repository.read_index)

    def next(self) -> int:
        """See `Counter.next`."""
        return self._try_until_deadline(lambda: self._write(Step(Operation.NEXT)))

    def previous(self) -> int:
        """See `Counter.previous`."""
        return self._try_until_deadline(lambda: self._write(Step(Operation.PREVIOUS)))

    def reset(self) -> int:
        """See `Counter.reset`."""
        return self._try_until_deadline(lambda: self._write(Step(Operation.RESET)))

    def _write(self, step: Step) -> int:
        known = None
        while True:
            plan = plan_steps([step], max_index=self._max_index, known=known)
            try:
                plan.answer(self._repository.move(plan.movement) if plan.movement else 0)
                return step.result()
            except ConditionFailed as failed:
                known = self._repository.require_index(failed.item)

    def _try_until_deadline(self, attempt: Callable[[], int]) -> int:
        deadline = self._clock() + self._deadline_seconds
        for tries in count(1):
            try:
                return attempt()
            except Unavailable as failure:
                wait = backoff_seconds(tries)
                if not failure.transient or self._clock() + wait > deadline:
                    raise
                self._pause(wait)
        raise AssertionError
