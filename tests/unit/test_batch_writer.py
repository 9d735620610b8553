"""The batch writer under every outcome of its writes, against one plain counter."""

from collections.abc import Callable, Iterable
from itertools import count
from threading import Lock
from typing import Any

import pytest
from fibcore.counter import Operation
from fibcore.counter.batch import Batch
from fibcore.counter.batch_writer import BatchWriter
from fibcore.counter.plan import Step
from fibcore.dynamodb.client import Refused
from fibcore.dynamodb.item import (
    INDEX_NAME,
    JOINS_NAME,
    KEY_NAME,
    KEY_VALUE,
    Item,
    Movement,
    WriterNames,
    WriteStamp,
)
from fibcore.dynamodb.writer_registry import STALE_SECONDS, WRITERS_LIMIT, all_entries
from fibcore.errors import BeforeStart, OutcomeUnknown, PastEnd, Unavailable

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
) -> BatchWriter:
    clock = iter(seconds or count(0, 0))
    return BatchWriter(
        table, max_index=max_index, clock=lambda: next(clock), pause=lambda _: pause()
    )


def write(writer: BatchWriter, *operations: Operation) -> list[object]:
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


def test_batch_is_one_write() -> None:
    table = table_with(0)
    writer = writer_on(table)
    write(writer, NEXT)
    before = table.sends
    assert write(writer, NEXT, PREVIOUS, NEXT) == [2, 2, 3]
    assert table.sends == before + 1


@pytest.mark.parametrize("fate", [fate for fate in Fate if fate is not Fate.ANSWERED])
def test_write_that_fails_once_counts_once(fate: Fate) -> None:
    table = table_with(1, fate)
    writer = writer_on(table, max_index=50)
    assert write(writer, NEXT, NEXT) == [2, 3]
    while table.late:
        table.deliver(0)
    assert write(writer, NEXT) == [4]


@pytest.mark.parametrize("second", [Fate.UNANSWERED, Fate.LATE, Fate.THROTTLED, Fate.DOUBLED])
@pytest.mark.parametrize("first", [Fate.DOUBLED_AND_THROTTLED, Fate.LATE, Fate.UNANSWERED])
def test_two_failures_in_a_row_count_once(first: Fate, second: Fate) -> None:
    table = table_with(1, first, second)
    writer = writer_on(table, max_index=50)
    assert write(writer, NEXT, NEXT) == [2, 3]
    while table.late:
        table.deliver(0)
    assert write(writer, NEXT) == [4]


def test_denied_write_without_fence_is_unknown() -> None:
    table = table_with(1, Fate.DOUBLED_AND_DENIED, then=Fate.DENIED)
    (outcome,) = write(writer_on(table), NEXT)
    assert isinstance(outcome, OutcomeUnknown)
    assert table.item is not None
    assert table.item[INDEX_NAME] == {"N": "2"}


def test_table_that_denies_everything_is_unavailable() -> None:
    writer = writer_on(TableInMemory(1, lambda: Fate.DENIED))
    (outcome,) = write(writer, NEXT)
    assert isinstance(outcome, Unavailable)


def test_stored_number_tells_which_plan_was_applied() -> None:
    table = table_with(
        MAX_INDEX - 1, Fate.DOUBLED_LATE_AND_THROTTLED, Fate.ANSWERED, Fate.THROTTLED
    )

    def late_write_lands() -> None:
        if table.sends == AFTER_JOIN + 1:
            set_index(table, MAX_INDEX)  # Another writer moved, so the next plan differs.
        else:
            set_index(table, MAX_INDEX - 1)
            table.deliver(0)

    reached, refused = write(writer_on(table, pause=late_write_lands), NEXT, PREVIOUS)
    assert (reached, refused) == (MAX_INDEX, MAX_INDEX - 1)
    assert table.item is not None
    assert table.item[INDEX_NAME] == {"N": str(MAX_INDEX - 1)}


def test_refusal_waits_for_the_fence() -> None:
    table = table_with(MAX_INDEX - 1, Fate.LATE)
    writer = writer_on(table, pause=lambda: set_index(table, MAX_INDEX))
    (outcome,) = write(writer, NEXT)
    assert isinstance(outcome, PastEnd)
    set_index(table, 0)
    table.deliver(0)
    assert table.item is not None
    assert table.item[INDEX_NAME] == {"N": "0"}


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_step_that_leaves_in_doubt_is_unknown(patience: int) -> None:
    table = table_with(0, Fate.LATE, then=Fate.THROTTLED)
    batch = batch_of(NEXT)
    (step,) = batch.waiting
    pauses = count(1)

    def leave_in_the_end() -> None:
        if next(pauses) == patience:
            batch.leave(step)

    writer_on(table, pause=leave_in_the_end).write_batch(batch)
    assert isinstance(step.outcome, OutcomeUnknown)


def test_step_that_leaves_during_the_fence_is_unknown() -> None:
    batch = batch_of(NEXT)
    (step,) = batch.waiting
    fates = [*READ_AND_JOIN, Fate.ANSWERED]  # The condition of the write fails at the end.

    def next_fate() -> Fate:
        if not fates:
            batch.leave(step)
        return fates.pop(0) if fates else Fate.ANSWERED

    writer_on(TableInMemory(MAX_INDEX, next_fate)).write_batch(batch)
    assert isinstance(step.outcome, OutcomeUnknown)


def test_step_that_leaves_before_any_write_is_unavailable() -> None:
    batch = batch_of(NEXT)
    (step,) = batch.waiting
    table = TableInMemory(0, lambda: Fate.THROTTLED)
    writer_on(table, pause=lambda: batch.leave(step)).write_batch(batch)
    assert isinstance(step.outcome, Unavailable)


def test_missing_item_is_unavailable_at_once() -> None:
    table = table_with(0)
    writer = writer_on(table)
    write(writer, NEXT)
    table.item = None
    assert isinstance(write(writer, NEXT, RESET)[0], Unavailable)
    assert table.item is None


def test_invalid_index_is_unavailable_until_reset() -> None:
    table = table_with(0)
    writer = writer_on(table)
    write(writer, NEXT)
    assert table.item is not None
    table.item[INDEX_NAME] = {"S": "seven"}
    assert isinstance(write(writer, NEXT)[0], Unavailable)
    assert write(writer, NEXT, RESET) == [1, 0]


def test_pruned_writer_joins_again() -> None:
    table = table_with(0)
    writer = writer_on(table)
    write(writer, NEXT)
    prune(table)
    assert write(writer, NEXT) == [2]
    assert len(all_entries(table.item or {})) == 1


def test_writer_pruned_while_idle_resolves_its_next_write() -> None:
    fates: list[Fate] = []
    table = TableInMemory(0, lambda: fates.pop(0) if fates else Fate.ANSWERED)
    writer = writer_on(table, max_index=50, seconds=count(0, 2 * STALE_SECONDS))
    write(writer, NEXT)
    prune(table)
    fates[:] = [*READ_AND_JOIN, Fate.UNANSWERED]
    assert write(writer, NEXT) == [2]


def test_write_in_doubt_without_entry_is_unknown() -> None:
    table = table_with(0, Fate.UNANSWERED)
    writer = writer_on(table, pause=lambda: prune(table))
    (outcome,) = write(writer, NEXT)
    assert isinstance(outcome, OutcomeUnknown)
    assert write(writer, NEXT) == [2]


def test_all_stale_entries_go_in_one_write() -> None:
    table = table_with(0)
    assert table.item is not None
    dead = [WriterNames.for_id(f"zzzz{ordinal:02}") for ordinal in range(WRITERS_LIMIT - 1)]
    for entry in dead:
        table.item |= {entry.of_number: {"N": "5"}, entry.of_index: {"N": "0"}}
    writer = writer_on(table, seconds=count(0, STALE_SECONDS / 2))
    sends = []
    for _ in range(4):
        before = table.sends
        write(writer, RESET)
        sends.append(table.sends - before)
    assert set(table.item) - {KEY_NAME, INDEX_NAME, JOINS_NAME} == {
        name for entry in all_entries(table.item) for name in entry
    }
    assert len(all_entries(table.item)) == 1
    assert max(sends) == 3  # A read, the removal of them all, and the batch.


def test_own_entry_is_never_stale() -> None:
    table = table_with(0)
    writer = writer_on(table, seconds=count(0, STALE_SECONDS))
    write(writer, NEXT)
    entries = all_entries(table.item or {}).keys()
    write(writer, NEXT)
    assert all_entries(table.item or {}).keys() == entries


def test_without_room_lost_answer_waits_for_the_deadline() -> None:
    table = without_room(table_with(0))
    writer = writer_on(table)
    assert write(writer, NEXT) == [1]
    table = without_room(TableInMemory(1, iter([Fate.ANSWERED, Fate.UNANSWERED]).__next__))
    batch = batch_of(NEXT)
    (step,) = batch.waiting
    writer_on(table).write_batch(batch)
    assert step.outcome is None
    batch.leave(step)
    assert isinstance(step.outcome, OutcomeUnknown)


def test_without_room_refusals_are_exact() -> None:
    writer = writer_on(without_room(table_with(MAX_INDEX)))
    (refused,) = write(writer, NEXT)
    assert isinstance(refused, PastEnd)


def test_without_room_throttled_step_is_unavailable() -> None:
    table = without_room(table_with(MAX_INDEX + 1, then=Fate.THROTTLED))
    batch = batch_of(NEXT, PREVIOUS)
    steps = list(batch.waiting)

    def leave() -> None:
        for step in steps:
            batch.leave(step)

    writer_on(table, pause=leave).write_batch(batch)
    assert [type(step.outcome) for step in steps] == [Unavailable, Unavailable]


def test_writer_joins_soon_after_room_is_back() -> None:
    table = without_room(table_with(0))
    now = [0.0]
    writer = BatchWriter(table, max_index=50, clock=lambda: now[0], pause=lambda _: None)
    write(writer, NEXT)
    assert table.item is not None
    del table.item["note"]
    write(writer, NEXT)
    assert not all_entries(table.item)
    now[0] = 1.0
    write(writer, NEXT)
    assert len(all_entries(table.item)) == 1


def test_next_batch_joins_after_an_unexpected_failure() -> None:
    class BrokenOnce(TableInMemory):
        broken = True

        def read(self, **_: Any) -> Item:
            if self.broken:
                self.broken = False
                raise ZeroDivisionError
            return super().read(**_)

    table = BrokenOnce(0, lambda: Fate.ANSWERED)
    writer = writer_on(table)
    with pytest.raises(ZeroDivisionError):
        writer.write_batch(batch_of(NEXT))
    assert write(writer, NEXT) == [1]
    assert len(all_entries(table.item or {})) == 1


def test_entry_of_unanswered_join_is_removed() -> None:
    fates = [Fate.ANSWERED, Fate.UNANSWERED]
    table = TableInMemory(0, lambda: fates.pop(0) if fates else Fate.ANSWERED)
    assert write(writer_on(table), NEXT) == [1]
    assert len(all_entries(table.item or {})) == 1


def test_joins_at_the_same_moment_respect_the_limit() -> None:
    table = table_with(0)
    assert table.item is not None
    for ordinal in range(WRITERS_LIMIT - 1):
        table.item |= {f"{of}.zzzz{ordinal:02}": {"N": "0"} for of in "ni"}
    writers = [writer_on(table) for _ in range(2)]
    seen = dict(table.item)

    class JoinedMeanwhile(TableInMemory):
        def read(self, **_: Any) -> Item:
            item, self.item = dict(self.item or {}), table.item
            return item

    late = JoinedMeanwhile(0, lambda: Fate.ANSWERED)
    late.item = dict(seen)
    write(writers[0], NEXT)
    assert write(writer_on(late), NEXT) == [2]
    assert len(all_entries(table.item)) == WRITERS_LIMIT


def test_refusal_carries_the_index_found() -> None:
    outcomes = write(writer_on(table_with(0)), PREVIOUS, NEXT, PREVIOUS)
    refused = [outcome for outcome in outcomes if isinstance(outcome, BeforeStart)]
    assert [outcome.index for outcome in refused] == [0]


def test_seeded_item_keeps_its_layout() -> None:
    table = table_with(0)
    write(writer_on(table), NEXT)
    assert table.item is not None
    assert table.item[KEY_NAME] == {"S": KEY_VALUE}
    assert table.item[INDEX_NAME] == {"N": "1"}


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


def test_failed_condition_ends_no_other_doubt() -> None:
    table = table_with(1, Fate.LATE, Fate.ANSWERED, then=Fate.THROTTLED)
    outcomes = outcome_at_deadline(table, PREVIOUS, PREVIOUS)
    assert [type(outcome) for outcome in outcomes] == [OutcomeUnknown, OutcomeUnknown]


def test_throttled_fence_leaves_no_doubt() -> None:
    table = table_with(0, Fate.ANSWERED, then=Fate.THROTTLED)
    (outcome,) = outcome_at_deadline(table, PREVIOUS)
    assert isinstance(outcome, Unavailable)


def test_refused_write_is_resolved_before_it_fails() -> None:
    class WithoutCredentials(TableInMemory):
        def move(self, movement: Movement, stamp: WriteStamp | None = None) -> int:
            if self.sends == AFTER_JOIN + 1:
                self.sends += 1
                raise Unavailable("no credentials")
            return super().move(movement, stamp)

    fates = [*READ_AND_JOIN, Fate.DOUBLED_AND_THROTTLED]
    table = WithoutCredentials(1, lambda: fates.pop(0) if fates else Fate.ANSWERED)
    assert write(writer_on(table), NEXT) == [2]


def test_denied_write_after_a_fence_is_tried_with_pauses() -> None:
    class OnlyFences(TableInMemory):
        def move(self, movement: Movement, stamp: WriteStamp | None = None) -> int:
            del movement, stamp
            raise Refused("denied")

    table = OnlyFences(0, lambda: Fate.ANSWERED)
    (outcome,) = outcome_at_deadline(table, NEXT)
    assert isinstance(outcome, Unavailable)


@pytest.mark.parametrize("fate", [Fate.UNANSWERED, Fate.LOST, Fate.THROTTLED])
def test_repeated_failures_to_join_leave_one_entry(fate: Fate) -> None:
    # A read, and a join that is applied and unanswered; a read, and a join that fails.
    fates = [Fate.ANSWERED, Fate.UNANSWERED, Fate.ANSWERED, fate] * 20
    table = TableInMemory(0, lambda: fates.pop(0) if fates else Fate.ANSWERED)
    assert write(writer_on(table), NEXT) == [1]
    assert len(all_entries(table.item or {})) == 1


def test_entry_given_up_is_removed() -> None:
    fates: list[Fate] = []
    table = TableInMemory(0, lambda: fates.pop(0) if fates else Fate.ANSWERED)
    writer = writer_on(table, max_index=500)
    write(writer, NEXT)
    for _ in range(40):
        denied = [Fate.DENIED, Fate.DENIED]
        fates[:] = denied
        write(writer, NEXT)
        write(writer, NEXT)
    assert len(all_entries(table.item or {})) == 1
