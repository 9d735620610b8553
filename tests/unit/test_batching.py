"""The batching counter with threads, each of which the test holds and releases."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fibcore.counter import Operation
from fibcore.counter.batch import Batch
from fibcore.counter.batch_queue import GRACE_SECONDS, BatchQueue
from fibcore.counter.batching import BatchingCounter
from fibcore.counter.plan import Step
from fibcore.dynamodb.item import Movement, WriteStamp
from fibcore.errors import OutcomeUnknown, Unavailable

from tests.unit.table_in_memory import Fate, TableInMemory


class HeldTable(TableInMemory):
    """Holds every read and every move until the test lets it go."""

    def __init__(self) -> None:
        super().__init__(0, lambda: Fate.ANSWERED)
        self.read_in_flight, self.let_read_go = threading.Semaphore(0), threading.Semaphore(0)
        self.move_in_flight, self.let_move_go = threading.Semaphore(0), threading.Semaphore(0)
        self.moves = 0

    def read_index(self) -> int:
        index = super().read_index()
        self.read_in_flight.release()
        self.let_read_go.acquire()
        return index

    def move(self, movement: Movement, stamp: WriteStamp | None = None) -> int:
        self.moves += 1
        self.move_in_flight.release()
        self.let_move_go.acquire()
        return super().move(movement, stamp)


@pytest.fixture
def table() -> HeldTable:
    return HeldTable()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(40) as threads:
        yield threads


def at_once() -> None:
    """Wait for nothing before a batch."""


def until_waiting(queue: BatchQueue, steps: int) -> None:
    pause = threading.Event()
    while queue.length != steps:
        pause.wait(0.001)


def counter_on(table: TableInMemory, *, deadline_seconds: float = 30) -> BatchingCounter:
    return BatchingCounter(table, max_index=1_000, deadline_seconds=deadline_seconds)


def test_steps_that_wait_share_the_next_write(
    table: HeldTable, threads: ThreadPoolExecutor
) -> None:
    counter = counter_on(table)
    first = threads.submit(counter.next)
    table.move_in_flight.acquire()
    others = [threads.submit(counter.next) for _ in range(20)]
    until_waiting(counter.writes, 20)
    table.let_move_go.release(2)
    assert first.result() == 1
    assert sorted(other.result() for other in others) == list(range(2, 22))
    assert table.moves == 2


def test_read_never_joins_a_request_in_flight(
    table: HeldTable, threads: ThreadPoolExecutor
) -> None:
    counter = counter_on(table)
    early = threads.submit(counter.current)
    table.read_in_flight.acquire()
    table.let_move_go.release()
    assert counter.next() == 1
    late = threads.submit(counter.current)
    until_waiting(counter.reads, 1)
    table.let_read_go.release(2)
    assert early.result() == 0
    assert late.result() == 1


def test_full_queue_refuses_at_once() -> None:
    taken, go = threading.Event(), threading.Event()

    def hold(batch: Batch) -> None:
        taken.set()
        go.wait()
        batch.answer_all(Unavailable("the test is over"))

    queue = BatchQueue(hold, pace=at_once, deadline_seconds=30, limit=20, name="test")
    queue.add(Step(Operation.NEXT))
    worker = threading.Thread(target=queue.serve_next)
    worker.start()
    taken.wait()
    for _ in range(20):
        queue.add(Step(Operation.NEXT))
    with pytest.raises(Unavailable):
        queue.add(Step(Operation.NEXT))
    go.set()
    worker.join()


def test_failing_worker_answers_every_step() -> None:
    def fail(batch: Batch) -> None:
        batch.in_doubt.add(1)
        raise ZeroDivisionError

    queue = BatchQueue(fail, pace=at_once, deadline_seconds=30, limit=20, name="test")
    with pytest.raises(OutcomeUnknown):
        queue.submit(Operation.NEXT)
    with pytest.raises(OutcomeUnknown):
        queue.submit(Operation.NEXT)


def test_only_steps_in_flight_are_unknown_at_deadline(
    table: HeldTable, threads: ThreadPoolExecutor
) -> None:
    counter = counter_on(table, deadline_seconds=1)
    in_flight = threads.submit(counter.next)
    table.move_in_flight.acquire()
    waits = threads.submit(counter.next)
    with pytest.raises(OutcomeUnknown):
        in_flight.result()
    with pytest.raises(Unavailable):
        waits.result()
    table.let_move_go.release(10)
    assert counter.next() == 2


def test_refused_step_waits_longer_than_its_deadline() -> None:
    def refuse_then_answer(batch: Batch) -> None:
        batch.was_refused = True
        threading.Event().wait(0.2)  # The deadline passes, and the extra time does not.
        batch.answer_all(7)

    queue = BatchQueue(
        refuse_then_answer, pace=at_once, deadline_seconds=0.1, limit=20, name="test"
    )
    assert queue.submit(Operation.NEXT) == 7


def test_refusal_that_is_late_at_the_deadline_still_counts() -> None:
    """The extra time passes while a call is in flight; the call is refused a moment later."""

    def be_refused(batch: Batch) -> None:
        batch.was_refused = True
        batch.in_doubt.add(1)
        threading.Event().wait(0.1 + GRACE_SECONDS + GRACE_SECONDS / 2)
        batch.in_doubt.discard(1)
        while batch.waiting:
            threading.Event().wait(0.01)

    queue = BatchQueue(be_refused, pace=at_once, deadline_seconds=0.1, limit=20, name="test")
    with pytest.raises(Unavailable):
        queue.submit(Operation.NEXT)
