"""A counter that batches concurrent steps into one write (group commit).

DynamoDB accepts at most 1,000 writes a second to one item, and a call costs about a millisecond of
CPU. So while one write is in flight, arriving steps wait, and the next write moves the counter by
the net of all of them; each step gets its own index from the plan. Shared memory knows this as
flat combining (Hendler, Incze, Shavit, Tzafrir, SPAA 2010), databases as group commit.

The result is linearizable. Every step of a batch waits from before the batch's write is sent until
after it is applied, so the steps overlap, and any order among them is valid. `plan.py` chooses the
order, and the write's condition holds for all of its steps or nothing moves. A read never joins a
read request that was sent before the read arrived.

Nothing is counted twice, although a write whose answer is lost is tried again: `batch_writer.py`
has the rules. A crash leaves at most one write in flight, whose steps were never answered.

Every caller gets an answer: each queue has its own worker thread, every step has a deadline, and
the queues are bounded (`batch_queue.py`).
"""

import time
from collections.abc import Callable
from functools import partial

from fibcore.counter import Operation
from fibcore.counter.backoff import backoff_seconds
from fibcore.counter.batch import Batch
from fibcore.counter.batch_queue import BatchQueue
from fibcore.counter.batch_writer import BatchWriter
from fibcore.dynamodb.repository import CounterRepository
from fibcore.errors import Unavailable


class BatchingCounter:
    """The `Counter` in the table, with one write for all the steps that wait.

    It works with threads and with gevent's greenlets: it uses nothing but `threading`.

    Args:
        repository: Where the index is kept.
        max_index: The highest index that `next` reaches.
        deadline_seconds: How long a call waits for the table.
        queue_limit: How many steps, and how many reads, may wait at once. A process that serves
            one request per connection at a time needs no more than it has connections.
        clock: Monotonic, in seconds.
        pause: Waits for so many seconds.
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
        writer = BatchWriter(repository, max_index=max_index, clock=clock, pause=pause)
        self.writes = BatchQueue(
            writer.write_batch, deadline_seconds=deadline_seconds, limit=queue_limit, name="writer"
        )
        self.reads = BatchQueue(
            self._read_batch, deadline_seconds=deadline_seconds, limit=queue_limit, name="reader"
        )

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
                batch.resolve(self._repository.read_index())
            except Unavailable as failure:
                if not failure.transient:
                    batch.fail(partial(Unavailable, str(failure)))
                    return
                tries += 1
                self._pause(backoff_seconds(tries))
