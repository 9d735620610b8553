"""One batch, its writer and its table, as the tests of the batch writer use them."""

from collections.abc import Callable, Iterable
from itertools import count
from threading import Lock

from fibcore.counter import Operation
from fibcore.counter.batch import Batch
from fibcore.counter.exactly_once_writer import ExactlyOnceWriter
from fibcore.counter.pacing import Pacer
from fibcore.counter.plan import Step
from fibcore.dynamodb.item import (
    INDEX_NAME,
    KEY_NAME,
)

from tests.unit.table_in_memory import Fate, TableInMemory

NEXT, PREVIOUS, RESET = Operation.NEXT, Operation.PREVIOUS, Operation.RESET
MAX_INDEX = 3
READ_AND_JOIN = [Fate.ANSWERED] * 2
AFTER_JOIN = len(READ_AND_JOIN)


def batch_of(*operations: Operation) -> Batch:
    batch = Batch(Lock())
    batch.waiting = {Step(operation): None for operation in operations}
    return batch


def table_with(index: int, *fates: Fate, then: Fate = Fate.ANSWERED) -> TableInMemory:
    """Return a table on which the writes after the join meet these fates, and later ones `then`."""
    left = [*READ_AND_JOIN, *fates]
    return TableInMemory(index, lambda: left.pop(0) if left else then)


def writer_on(
    table: TableInMemory,
    *,
    max_index: int = MAX_INDEX,
    pause: Callable[[], None] = lambda: None,
    seconds: Iterable[float] = (),
) -> ExactlyOnceWriter:
    clock = iter(seconds or count(0, 0))
    return ExactlyOnceWriter(
        table,
        pacer_on(pause),
        max_index=max_index,
        clock=lambda: next(clock),
        pause=lambda _: pause(),
    )


def pacer_on(pause: Callable[[], None]) -> Pacer:
    """Return a pacer in whose time nothing passes."""
    return Pacer(1_000, longest_wait=0.5, clock=lambda: 0, pause=lambda _: pause())


def write(writer: ExactlyOnceWriter, *operations: Operation) -> list[object]:
    """Write one batch, and return the outcomes; steps that still wait reach their deadline."""
    batch = batch_of(*operations)
    steps = list(batch.waiting)
    writer.write_batch(batch)
    for step in list(batch.waiting):
        batch.leave(step)
    return [step.outcome for step in steps]


def set_index(table: TableInMemory, index: int) -> None:
    assert table.item is not None
    table.item[INDEX_NAME] = {"N": str(index)}


def without_room(table: TableInMemory) -> TableInMemory:
    assert table.item is not None
    table.item["note"] = {"S": "x" * 1_000}
    return table


def prune(table: TableInMemory) -> None:
    item = table.item or {}
    table.item = {name: item[name] for name in (KEY_NAME, INDEX_NAME)}


def outcome_at_deadline(table: TableInMemory, *operations: Operation) -> list[object]:
    """Write a batch that can get no answer, until its steps have left; return the outcomes."""
    batch = batch_of(*operations)
    steps = list(batch.waiting)
    pauses = count(1)

    def leave_in_the_end() -> None:
        if next(pauses) == 20:
            for step in steps:
                batch.leave(step)

    writer_on(table, pause=leave_in_the_end).write_batch(batch)
    return [step.outcome for step in steps]
