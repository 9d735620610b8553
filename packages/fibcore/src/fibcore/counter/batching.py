"""A counter that batches concurrent steps into one write (group commit).

DynamoDB accepts at most 1,000 writes a second to one item, and a call costs about a millisecond of
CPU. So arriving steps wait while one write is in flight. The next write moves the counter by the
sum of all of them, and the plan gives each step its own index. The technique is called group commit
in databases, and flat combining in shared memory (Hendler, Incze, Shavit, Tzafrir, SPAA 2010).

The result is linearizable. Every step of a batch waits from before the batch's write is sent until
after it is applied, so the steps overlap, and any order among them is valid. `plan.py` chooses the
order. The write applies only if its condition holds, and the condition covers every step of the
batch. A client's `current` is never answered by a request to DynamoDB that was sent before this
`current` arrived.

A write whose answer is lost is tried again, and still no step is counted twice. This requires an
entry of this process in the item: `exactly_once_writer.py` has the rules. A crash leaves at most
one batch in flight, whose steps were never answered.

Every caller gets an answer: each queue has its own worker thread, every step has a deadline, and
the queues are bounded (`batch_queue.py`).
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Final

from fibcore.counter import Operation
from fibcore.counter.backoff import backoff_seconds
from fibcore.counter.batch import Batch
from fibcore.counter.batch_queue import BatchQueue
from fibcore.counter.exactly_once_writer import ExactlyOnceWriter
from fibcore.counter.pacing import Pacer
from fibcore.dynamodb.error_classification import Refused
from fibcore.dynamodb.repository import CounterRepository
from fibcore.errors import Unavailable

WRITE_UNITS: Final = 1_000
READ_UNITS: Final = 3_000
"""How many writes and reads of one item DynamoDB carries out in a second:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"""

_BATCHES_IN_DEADLINE: Final = 10
"""Even the slowest pace allows this many batches within a step's deadline."""


class BatchingCounter:
    """A `Counter` that batches all waiting steps into one conditional write.

    It works with threads and with gevent's greenlets: it waits only by `threading` and
    `time.sleep`, which gevent patches.

    Args:
        repository: Where the index is kept.
        max_index: The highest index that `next` reaches.
        deadline_seconds: How long a call waits for the table.
        queue_limit: How many moves, and how many reads, may wait at once. For a server that has one
            request in flight per connection, its highest number of connections is enough.
        clock: Monotonic, in seconds.
        pause: Waits for the given number of seconds.
    """

    def __init__(
        self,
        repository: CounterRepository,
        *,
        max_index: int,
        deadline_seconds: float,
        queue_limit: int = 4_096,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._repository = repository
        self._pause = pause
        longest_wait = deadline_seconds / _BATCHES_IN_DEADLINE
        write_pacer, self._read_pacer = (
            Pacer(units, longest_wait=longest_wait, clock=clock, pause=pause)
            for units in (WRITE_UNITS, READ_UNITS)
        )
        writer = ExactlyOnceWriter(
            repository, write_pacer, max_index=max_index, clock=clock, pause=pause
        )
        new_queue = partial(BatchQueue, deadline_seconds=deadline_seconds, limit=queue_limit)
        self.writes = new_queue(writer.write_batch, pace=write_pacer.wait, name="writer")
        self.reads = new_queue(self._read_batch, pace=self._read_pacer.wait, name="reader")

    def current(self) -> int:
        """See `Counter.current`."""
        return self.reads.submit(Operation.CURRENT)

    def next(self) -> int:
        """See `Counter.next`."""
        return self.writes.submit(Operation.NEXT)

    def previous(self) -> int:
        """See `Counter.previous`."""
        return self.writes.submit(Operation.PREVIOUS)

    def reset(self) -> int:
        """See `Counter.reset`."""
        return self.writes.submit(Operation.RESET)

    def _read_batch(self, batch: Batch) -> None:
        tries = 0
        while batch.waiting:
            try:
                batch.answer_all(self._repository.read_index())
            except Unavailable as failure:
                if not failure.transient:
                    batch.answer_all(Unavailable(str(failure)))
                    return
                if isinstance(failure, Refused):
                    self._read_pacer.back_off()
                    continue
                tries += 1
                self._pause(backoff_seconds(tries))
