"""The batch writer's entry in the item: joining, pruning, and counting without room for it."""

from itertools import count
from typing import Any

import pytest
from fibcore.counter.exactly_once_writer import ExactlyOnceWriter
from fibcore.dynamodb.error_classification import Refused
from fibcore.dynamodb.item import (
    INDEX_NAME,
    JOINS_NAME,
    KEY_NAME,
    Item,
    Movement,
    WriterNames,
    WriteStamp,
)
from fibcore.dynamodb.writer_registry import (
    STALE_SECONDS,
    WRITERS_LIMIT,
    WriterRegistry,
    all_entries,
)
from fibcore.errors import OutcomeUnknown, PastEnd, Unavailable

from tests.unit.one_batch import (
    MAX_INDEX,
    NEXT,
    PREVIOUS,
    READ_AND_JOIN,
    RESET,
    batch_of,
    pacer_on,
    prune,
    table_with,
    without_room,
    write,
    writer_on,
)
from tests.unit.table_in_memory import Fate, TableInMemory


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
    now = [0.0]
    throttled = [False]
    batch = batch_of(NEXT)

    def leave() -> None:
        for step in list(batch.waiting):
            batch.leave(step)

    class Throttling(TableInMemory):
        def move(self, movement: Movement, stamp: WriteStamp | None = None) -> int:
            if throttled[0]:
                raise Refused("throttled", transient=True)
            return super().move(movement, stamp)

    table = Throttling(0, lambda: Fate.ANSWERED)
    writer = ExactlyOnceWriter(table, pacer_on(leave), max_index=50, clock=lambda: now[0])
    write(writer, NEXT)
    entries = all_entries(table.item or {}).keys()
    throttled[0] = True
    for _ in range(3):  # Nothing is written for minutes, so the number does not change.
        now[0] += STALE_SECONDS
        batch = batch_of(NEXT)
        writer.write_batch(batch)
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
    writer = ExactlyOnceWriter(table, pacer_on(lambda: None), max_index=50, clock=lambda: now[0])
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
    class JoinedMeanwhile(TableInMemory):
        """Another writer joins between the first read and the write that follows it."""

        other: TableInMemory | None = None

        def read(self, **_: Any) -> Item:
            item = dict(self.item or {})
            if self.other:
                write(writer_on(self.other), NEXT)
                self.item, self.other = self.other.item, None
            return item

    table = JoinedMeanwhile(0, lambda: Fate.ANSWERED)
    assert table.item is not None
    for ordinal in range(WRITERS_LIMIT - 1):
        table.item |= {f"{of}.zzzz{ordinal:02}": {"N": "0"} for of in "ni"}
    table.other = table_with(0)
    table.other.item = dict(table.item)
    assert write(writer_on(table), NEXT) == [2]
    assert len(all_entries(table.item)) == WRITERS_LIMIT


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


def test_refused_write_without_entry_is_unknown() -> None:
    table = table_with(1, Fate.DOUBLED_AND_THROTTLED)
    (outcome,) = write(writer_on(table, pause=lambda: prune(table)), NEXT)
    assert isinstance(outcome, OutcomeUnknown)


def test_failed_join_after_an_early_look_is_repeated() -> None:
    table = table_with(0, Fate.ANSWERED, Fate.THROTTLED)  # The second look, and its join.
    registry = WriterRegistry(table, clock=lambda: 0)
    registry.refresh_if_due()
    assert registry.names
    assert table.item is not None
    for name in registry.names:
        del table.item[name]
    with pytest.raises(Unavailable):
        registry.refresh_if_due(period=0)
    registry.refresh_if_due()
    assert registry.names in all_entries(table.item)
