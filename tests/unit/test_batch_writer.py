"""Writers under every fate that a network can give their writes, against one plain counter."""

from itertools import count
from threading import Lock

import pytest
from fibcore.counter import Operation
from fibcore.counter.batch_queue import Batch
from fibcore.counter.batch_writer import Writer
from fibcore.counter.plan import Step
from fibcore.dynamodb.item import INDEX_NAME, KEY_NAME, KEY_VALUE, Item
from fibcore.dynamodb.writer_registry import STALE_SECONDS, WRITERS_LIMIT, all_entries
from fibcore.errors import BeforeStart, OutcomeUnknown, PastEnd, Unavailable

from tests.unit.table_in_memory import Fate, TableInMemory

MAX_INDEX = 3


def batch_of(*kinds: Operation) -> Batch:
    batch = Batch(Lock())
    batch.waiting = {Step(kind): None for kind in kinds}
    return batch


def writer_on(table: TableInMemory, max_index: int = MAX_INDEX) -> Writer:
    return Writer(table, max_index=max_index, pause=lambda _: None)


def settled(writer: Writer, *kinds: Operation) -> list[object]:
    batch = batch_of(*kinds)
    steps = list(batch.waiting)
    writer.settle(batch)
    return [step.outcome for step in steps]


def test_a_batch_is_one_write() -> None:
    table = TableInMemory(0, lambda: Fate.ANSWERED)
    writer = writer_on(table)
    settled(writer, Operation.NEXT)
    before = table.sends
    assert settled(writer, Operation.NEXT, Operation.PREVIOUS, Operation.NEXT) == [2, 2, 3]
    assert table.sends == before + 1


@pytest.mark.parametrize(
    "fate", [Fate.UNANSWERED, Fate.LOST, Fate.LATE, Fate.THROTTLED, Fate.DOUBLED]
)
def test_a_write_that_fails_once_is_counted_once(fate: Fate) -> None:
    fates = [*[Fate.ANSWERED] * 2, fate]
    table = TableInMemory(0, lambda: fates.pop(0) if fates else Fate.ANSWERED)
    writer = writer_on(table, max_index=50)
    assert settled(writer, Operation.NEXT, Operation.NEXT) == [1, 2]
    while table.late:
        table.deliver(0)
    assert settled(writer, Operation.NEXT) == [3]


def test_the_stored_number_tells_which_plan_was_applied() -> None:
    fates = [*[Fate.ANSWERED] * 3, Fate.LATE, Fate.ANSWERED, Fate.LOST]
    table = TableInMemory(MAX_INDEX - 1, lambda: fates.pop(0) if fates else Fate.ANSWERED)

    def others_move_to(index: int) -> None:
        assert table.item is not None
        table.item[INDEX_NAME] = {"N": str(index)}

    def others_go_back_and_the_late_write_lands() -> None:
        others_move_to(MAX_INDEX - 1)
        table.deliver(0)

    pauses = iter([lambda: others_move_to(MAX_INDEX - 2), others_go_back_and_the_late_write_lands])
    writer = Writer(table, max_index=MAX_INDEX, pause=lambda _: next(pauses)())
    reached, refused = settled(writer, Operation.NEXT, Operation.NEXT)
    assert reached == MAX_INDEX
    assert isinstance(refused, PastEnd)


def test_no_refusal_is_told_while_a_write_may_still_land() -> None:
    fates = [*[Fate.ANSWERED] * 2, Fate.LATE]
    table = TableInMemory(MAX_INDEX - 1, lambda: fates.pop(0) if fates else Fate.ANSWERED)
    writer = writer_on(table)

    def others_reach_the_end(_: float) -> None:
        assert table.item is not None
        table.item[INDEX_NAME] = {"N": str(MAX_INDEX)}

    writer = Writer(table, max_index=MAX_INDEX, pause=others_reach_the_end)
    (outcome,) = settled(writer, Operation.NEXT)
    assert isinstance(outcome, PastEnd)
    assert table.item is not None
    table.item[INDEX_NAME] = {"N": "0"}
    table.deliver(0)
    assert table.item[INDEX_NAME] == {"N": "0"}


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_a_step_that_leaves_an_unanswered_write_is_of_unknown_outcome(patience: int) -> None:
    fates = [*[Fate.ANSWERED] * 2, Fate.LATE]
    table = TableInMemory(0, lambda: fates.pop(0) if fates else Fate.THROTTLED)
    batch = batch_of(Operation.NEXT)
    (step,) = batch.waiting
    pauses = count(1)

    def leave_in_the_end(_: float) -> None:
        if next(pauses) == patience:
            batch.leave(step)

    Writer(table, max_index=MAX_INDEX, pause=leave_in_the_end).settle(batch)
    assert isinstance(step.outcome, OutcomeUnknown)


def test_a_step_that_leaves_during_the_fence_is_of_unknown_outcome() -> None:
    batch = batch_of(Operation.NEXT)
    (step,) = batch.waiting
    fates = iter([*[Fate.ANSWERED] * 2, Fate.LATE, Fate.ANSWERED, Fate.ANSWERED])

    def next_fate() -> Fate:
        if table.sends == 5:
            batch.leave(step)
        return next(fates)

    table = TableInMemory(MAX_INDEX - 1, next_fate)

    def others_reach_the_end(_: float) -> None:
        assert table.item is not None
        table.item[INDEX_NAME] = {"N": str(MAX_INDEX)}

    Writer(table, max_index=MAX_INDEX, pause=others_reach_the_end).settle(batch)
    assert isinstance(step.outcome, OutcomeUnknown)


def test_a_step_that_leaves_before_any_write_was_taken_is_surely_not_counted() -> None:
    table = TableInMemory(0, lambda: Fate.THROTTLED)
    batch = batch_of(Operation.NEXT)
    (step,) = batch.waiting
    writer = Writer(table, max_index=MAX_INDEX, pause=lambda _: batch.leave(step))
    writer.settle(batch)
    assert isinstance(step.outcome, Unavailable)


def test_a_counter_that_is_gone_is_unavailable_at_once() -> None:
    table = TableInMemory(0, lambda: Fate.ANSWERED)
    writer = writer_on(table)
    settled(writer, Operation.NEXT)
    table.item = None
    assert isinstance(settled(writer, Operation.NEXT, Operation.RESET)[0], Unavailable)
    assert table.item is None


def test_a_pruned_writer_joins_anew() -> None:
    table = TableInMemory(0, lambda: Fate.ANSWERED)
    writer = writer_on(table)
    settled(writer, Operation.NEXT)
    table.item = {KEY_NAME: {"S": KEY_VALUE}, INDEX_NAME: {"N": "1"}}
    assert settled(writer, Operation.NEXT) == [2]
    assert len(table.item) == 4


def test_a_writer_pruned_while_idle_still_learns_what_became_of_its_next_write() -> None:
    seconds = count(0, 2 * STALE_SECONDS)
    fates: list[Fate] = []
    table = TableInMemory(0, lambda: fates.pop(0) if fates else Fate.ANSWERED)
    writer = Writer(table, max_index=50, clock=lambda: next(seconds), pause=lambda _: None)
    settled(writer, Operation.NEXT)
    table.item = {KEY_NAME: {"S": KEY_VALUE}, INDEX_NAME: {"N": "1"}}
    fates[:] = [Fate.ANSWERED, Fate.ANSWERED, Fate.UNANSWERED]
    assert settled(writer, Operation.NEXT) == [2]


def test_a_write_that_may_have_counted_is_not_repeated_once_the_entry_is_gone() -> None:
    fates = [*[Fate.ANSWERED] * 2, Fate.UNANSWERED]
    table = TableInMemory(0, lambda: fates.pop(0) if fates else Fate.ANSWERED)

    def prune(_: float) -> None:
        table.item = {KEY_NAME: {"S": KEY_VALUE}, INDEX_NAME: {"N": "1"}}

    writer = Writer(table, max_index=MAX_INDEX, pause=prune)
    (outcome,) = settled(writer, Operation.NEXT)
    assert isinstance(outcome, OutcomeUnknown)
    assert settled(writer, Operation.NEXT) == [2]


def test_entries_of_dead_writers_go_after_a_minute() -> None:
    seconds = count(0, STALE_SECONDS)
    table = TableInMemory(0, lambda: Fate.ANSWERED)
    settled(writer_on(table), Operation.NEXT)
    assert table.item is not None
    dead = set(table.item)
    lives = Writer(table, max_index=MAX_INDEX, clock=lambda: next(seconds), pause=lambda _: None)
    for _ in range(3):
        settled(lives, Operation.RESET)
    assert dead.intersection(table.item) == {KEY_NAME, INDEX_NAME}
    assert len(table.item) == 4


def test_without_room_a_lost_answer_is_of_unknown_outcome_at_once() -> None:
    fates = [Fate.ANSWERED, Fate.ANSWERED, Fate.UNANSWERED]
    table = TableInMemory(0, lambda: fates.pop(0) if fates else Fate.ANSWERED)
    assert table.item is not None
    table.item["note"] = {"S": "x" * 1_000}
    writer = writer_on(table)
    assert settled(writer, Operation.NEXT) == [1]
    (outcome,) = settled(writer, Operation.NEXT)
    assert isinstance(outcome, OutcomeUnknown)
    assert settled(writer, Operation.NEXT) == [3]
    (refused,) = settled(writer, Operation.NEXT)
    assert isinstance(refused, PastEnd)


def test_without_room_a_step_that_leaves_after_a_refused_write_is_surely_not_counted() -> None:
    table = TableInMemory(MAX_INDEX + 1, lambda: fates.pop(0) if fates else Fate.THROTTLED)
    fates = [Fate.ANSWERED, Fate.ANSWERED]
    assert table.item is not None
    table.item["note"] = {"S": "x" * 1_000}
    batch = batch_of(Operation.NEXT, Operation.PREVIOUS)
    steps = list(batch.waiting)

    def leave(_: float) -> None:
        for step in steps:
            batch.leave(step)

    Writer(table, max_index=MAX_INDEX, pause=leave).settle(batch)
    assert [type(step.outcome) for step in steps] == [Unavailable, Unavailable]


def test_an_entry_whose_arrival_is_unknown_is_left() -> None:
    fates = [Fate.ANSWERED, Fate.UNANSWERED]
    table = TableInMemory(0, lambda: fates.pop(0) if fates else Fate.ANSWERED)
    assert settled(writer_on(table), Operation.NEXT) == [1]
    assert len(all_entries(table.item or {})) == 1


def test_of_writers_that_join_at_once_none_stays_that_is_one_too_many() -> None:
    class JoinedMeanwhile(TableInMemory):
        def read(self) -> Item:
            item = super().read()
            return {
                name: value
                for name, value in item.items()
                if "writer" not in name or not name.endswith("00")
            }

    table = JoinedMeanwhile(0, lambda: Fate.ANSWERED)
    assert table.item is not None
    for ordinal in range(WRITERS_LIMIT):
        table.item |= {f"{of}.zzzz{ordinal:02}": {"N": "0"} for of in "ni"}
    assert settled(writer_on(table), Operation.NEXT) == [1]
    assert len(all_entries(table.item)) == WRITERS_LIMIT


def test_a_refusal_tells_where_the_step_found_the_counter() -> None:
    outcomes = settled(
        writer_on(TableInMemory(0, lambda: Fate.ANSWERED)),
        Operation.PREVIOUS,
        Operation.NEXT,
        Operation.PREVIOUS,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, BeforeStart)]
    assert [outcome.index for outcome in refused] == [0]
