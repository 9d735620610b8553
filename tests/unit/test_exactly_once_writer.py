"""The exactly-once writer under every outcome of its writes, compared with a sequential counter."""

from itertools import count

import pytest
from fibcore.dynamodb.error_classification import Refused
from fibcore.dynamodb.item import (
    INDEX_NAME,
    KEY_NAME,
    KEY_VALUE,
    Movement,
    WriteStamp,
)
from fibcore.errors import BeforeStart, OutcomeUnknown, PastEnd, Unavailable

from tests.unit.one_batch import (
    AFTER_JOIN,
    MAX_INDEX,
    NEXT,
    PREVIOUS,
    READ_AND_JOIN,
    RESET,
    batch_of,
    outcome_at_deadline,
    set_index,
    table_with,
    write,
    writer_on,
)
from tests.unit.table_in_memory import Fate, TableInMemory


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
