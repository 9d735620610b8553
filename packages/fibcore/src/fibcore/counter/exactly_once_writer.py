"""Applies each batch to the item exactly once, by conditional writes with sequence numbers.

These are the rules. The model in `tests/unit/batching_model.py` shows that each is needed.

1. A writer draws a random id when it first writes. Its entry in the item holds the sequence number
   of its last applied write or fence (rule 4), and the index that its last applied write produced.
   In a new entry, both are 0.
2. The entry is created by a write that moves nothing. If that write is unanswered, or if the
   writer later finds its entry gone, the writer draws another id. A write that moves the index
   applies only if the entry exists. The exception is a writer that finds no room for an entry: it
   writes without one. If such a write is unanswered, its steps stay in doubt.
3. Every write of a batch has a new sequence number. A write applies only if the number stored in
   the entry is smaller than a bound: the number of the batch's first write or, after a fence, of
   the first write since the last fence. So at most one of these writes is ever applied, and the
   stored number tells which. After an unanswered write, the writer sends the waiting steps again.
   It remembers even refused writes, because a proxy may have delivered another copy.
4. If a write was sent for a batch, the writer sends a fence before it refuses all steps, and also
   if DynamoDB refused a write for good. A fence moves nothing. Either it raises the stored number,
   which rules out all earlier writes and their copies for ever, or it finds that one was applied.
5. Another writer's entry that has not changed for a minute is removed, by a write that applies
   only if the entry still has the number that was read (`writer_registry.py`).
"""

import logging
import time
from collections.abc import Callable

from fibcore.counter import Operation
from fibcore.counter.backoff import backoff_seconds
from fibcore.counter.batch import Batch
from fibcore.counter.pacing import Pacer
from fibcore.dynamodb.error_classification import ConditionFailed, Refused
from fibcore.dynamodb.item import Item, WriterNames, WriteStamp, parse_index, parse_number
from fibcore.dynamodb.repository import CounterRepository
from fibcore.dynamodb.writer_registry import WriterRegistry
from fibcore.errors import OutcomeUnknown, Unavailable

_log = logging.getLogger(__name__)


class ExactlyOnceWriter:
    """Writes batches, one at a time.

    Args:
        repository: Where the index is kept.
        pacer: Spaces out the writes while DynamoDB throttles them.
        max_index: The highest index that a step forward reaches.
        clock: Monotonic, in seconds.
        pause: Waits for the given number of seconds.
    """

    def __init__(
        self,
        repository: CounterRepository,
        pacer: Pacer,
        *,
        max_index: int,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._repository = repository
        self._registry = WriterRegistry(repository, clock)
        self._pacer = pacer
        self._max_index = max_index
        self._pause = pause
        self._last_number = 0

    def write_batch(self, batch: Batch) -> None:
        """Answer the steps of `batch`; steps that stay in doubt wait for their deadlines."""
        tries = 0
        while batch.waiting:
            try:
                period = self._pacer.observe_seconds
                if not batch.plans and (numbers := self._registry.refresh_if_due(period)):
                    self._pacer.observe(numbers)
                self._write(batch)
                continue
            except OutcomeUnknown as failure:
                if self._registry.names is None:
                    return  # Nothing in the item tells whether the write was applied.
                _log.debug("a write is in doubt: %s", failure)
            except Unavailable as failure:
                if isinstance(failure, Refused) and failure.transient:
                    self._pacer.back_off()
                    continue
                if not failure.transient and not batch.in_doubt and not batch.was_refused:
                    batch.answer_all(Unavailable(str(failure)))
                _log.debug("%d steps still wait after: %s", len(batch.waiting), failure)
            tries += 1
            self._pause(backoff_seconds(tries))

    def _write(self, batch: Batch) -> None:
        """Send a write. If the plan refuses all steps, send a fence if needed, or refuse them."""
        names = self._registry.names
        number = self._last_number = self._last_number + 1
        plan = batch.plan_write(number, self._max_index)
        if plan is None:
            return
        if plan.movement is None:
            if names and batch.plans:
                self._fence(batch, names)
            else:
                batch.answer(plan, 0)
            return
        stamp = WriteStamp(names, min(batch.plans), number) if names else None
        try:
            batch.answer(plan, self._repository.move(plan.movement, stamp))
        except ConditionFailed as failed:
            batch.in_doubt.discard(number)
            self._resolve(batch, names, failed.item)
        except Unavailable as failure:
            if isinstance(failure, Refused):
                batch.was_refused = True
                if not failure.transient:
                    self._fence(batch, names)
                    raise Unavailable(str(failure), transient=True) from failure
            batch.in_doubt.discard(number)
            raise

    def _fence(self, batch: Batch, names: WriterNames | None) -> None:
        """Rule out all earlier writes of the batch, or find that one of them was applied."""
        if names is None:
            raise OutcomeUnknown("a writer without an entry cannot send a fence")
        number = self._last_number = self._last_number + 1
        batch.in_doubt.add(number)
        try:
            item = self._repository.fence(WriteStamp(names, min(batch.plans), number))
        except ConditionFailed as failed:
            batch.in_doubt.discard(number)
            self._resolve(batch, names, failed.item)
        except Unavailable as failure:
            batch.was_refused = True
            if isinstance(failure, Refused) and not failure.transient:
                self._registry.lose_entry()
                raise OutcomeUnknown(str(failure)) from failure
            batch.in_doubt.discard(number)
            raise
        else:
            batch.fenced(parse_index(item))

    def _resolve(self, batch: Batch, names: WriterNames | None, item: Item) -> None:
        """Determine the batch's outcome from the item that came back with the failed condition."""
        index = parse_index(item)
        number = parse_number(item, names.of_number) if names else None
        produced = parse_index(item, names.of_index) if names else None
        if names is None or (number is not None and number < min(batch.plans)):
            # No write of this batch is known to be applied.
            batch.not_applied(index)
        elif number is not None and number in batch.plans and produced is not None:
            # This write of the batch was applied.
            batch.answer(batch.plans[number], produced)
            return
        elif number is not None and number not in batch.plans and number <= self._last_number:
            # The stored number is this writer's and no plan has it: a fence was applied.
            batch.fenced(index)
        else:
            # Somebody removed the entry, or restored the table, or has the same id.
            self._registry.lose_entry()
            if batch.in_doubt or batch.was_refused:
                batch.in_doubt.add(self._last_number)
                raise OutcomeUnknown("the writer's entry is gone")
            batch.fenced(index)
        resets = any(step.operation is Operation.RESET for step in list(batch.waiting))
        if not item or (index is None and not resets):
            if item and names and batch.plans:
                self._fence(batch, names)
            self._repository.require_index(item)
