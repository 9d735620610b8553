"""Many steps, one write: a counter for a process that serves many requests at once.

DynamoDB takes at most 1,000 writes a second to one item, and a call costs about a millisecond of
CPU. So while one write is on its way, the steps that arrive wait, and the next write moves the
counter by the net of all of them; each gets its own index from the plan. Flat combining
(Hendler, Incze, Shavit, Tzafrir, SPAA 2010) does this for shared memory, group commit for logs.

Why it is linearizable: every step of a batch waits from before its write is sent until after it
is applied, so their operations overlap, and any order among them is a valid one; the order is
the plan's (`plan.py`), and the write's condition holds for all of its steps or it moves nothing.
A read joins only a request that starts after the read arrived, never one on its way.

Why nothing is counted twice, though a write whose answer is lost is tried again: see the rules in
`writer.py`. A crash leaves behind at most one write on its way, whose steps were never answered.

Why no one waits in vain: a worker that belongs to no client serves each lane, every step has a
deadline, and the queue is bounded (`lane.py`).
"""

import time
from collections.abc import Callable
from functools import partial

from fibcore.counter import Operation
from fibcore.counter.backoff import backoff_seconds
from fibcore.counter.batch_queue import Batch, BatchQueue
from fibcore.counter.batch_writer import Writer
from fibcore.dynamodb.repository import CounterRepository
from fibcore.errors import Unavailable


class BatchingCounter:
    """The `Counter` in the table, one write for all the steps that wait.

    It works with threads and with greenlets alike, by `threading` alone.

    Args:
        table: Where the index is kept.
        max_index: The highest index that `next` reaches.
        deadline_seconds: How long a call waits for the table.
        clock: Monotonic, in seconds.
        pause: Waits for so many seconds.
    """

    def __init__(
        self,
        table: CounterRepository,
        *,
        max_index: int,
        deadline_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._table = table
        self._pause = pause
        writer = Writer(table, max_index=max_index, clock=clock, pause=pause)
        self.writes = BatchQueue(writer.settle, deadline_seconds=deadline_seconds, name="writer")
        self.reads = BatchQueue(self._read, deadline_seconds=deadline_seconds, name="reader")

    def current(self) -> int:
        """See `Counter.current`."""
        return self.reads.ask(Operation.CURRENT)

    def next(self) -> int:
        """See `Counter.next`."""
        return self.writes.ask(Operation.NEXT)

    def previous(self) -> int:
        """See `Counter.previous`."""
        return self.writes.ask(Operation.PREVIOUS)

    def reset(self) -> int:
        """See `Counter.reset`."""
        return self.writes.ask(Operation.RESET)

    def _read(self, batch: Batch) -> None:
        tries = 0
        while batch.waiting:
            try:
                index = self._table.read_index()
            except Unavailable as failure:
                if not failure.transient:
                    batch.fail(partial(Unavailable, str(failure)))
                    return
                tries += 1
                self._pause(backoff_seconds(tries))
            else:
                with batch.lock:
                    for step in batch.waiting:
                        step.outcome = index
                    batch.waiting.clear()
