"""Writers under every fate that a network can give their writes, against one plain counter."""

from dataclasses import dataclass, field
from itertools import count
from threading import Lock

import pytest
from fibcore.counter_item import INDEX_NAME, Item, sound_index
from fibcore.errors import BeforeStart, OutcomeUnknown, PastEnd, Unavailable
from fibcore.lane import Batch
from fibcore.plan import Kind, Step
from fibcore.writer import Writer
from fibcore.writer_entries import STALE_SECONDS, WRITERS_LIMIT, all_entries
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.linearizability import Operation, is_linearizable
from tests.unit.table_in_memory import Fate, TableInMemory

MAX_INDEX = 3
MOST_FAULTS = 8
STEPS = [Kind.NEXT, Kind.PREVIOUS, Kind.RESET]


def batch_of(*kinds: Kind) -> Batch:
    batch = Batch(Lock())
    batch.waiting = {Step(kind): None for kind in kinds}
    return batch


def writer_on(table: TableInMemory, max_index: int = MAX_INDEX) -> Writer:
    return Writer(table, max_index=max_index, pause=lambda _: None)


def settled(writer: Writer, *kinds: Kind) -> list[object]:
    batch = batch_of(*kinds)
    steps = list(batch.waiting)
    writer.settle(batch)
    return [step.outcome for step in steps]


@dataclass
class World:
    """Two writers on one item; the test's data says what happens at each send."""

    data: st.DataObject
    history: list[Operation] = field(default_factory=list)
    faults: int = 0
    time: float = 0

    def __post_init__(self) -> None:
        self.max_index = self.data.draw(st.sampled_from([MAX_INDEX, 50]), label="max_index")
        self.start = self.data.draw(st.integers(0, MAX_INDEX), label="start")
        self.table = TableInMemory(self.start, self.next_fate)
        self.writers = [self.new_writer(), self.new_writer()]
        self.under_way: list[Batch] = []

    def new_writer(self) -> Writer:
        return Writer(
            self.table, max_index=self.max_index, clock=lambda: self.time, pause=lambda _: None
        )

    def next_fate(self) -> Fate:
        """Let something happen beside this send, then say what becomes of it."""
        if self.faults >= MOST_FAULTS:
            return Fate.ANSWERED
        event = self.data.draw(
            st.sampled_from(["nothing", "nothing", "deliver", "other", "leave", "prune", "read"]),
            label="event",
        )
        self.faults += event != "nothing"
        if event == "deliver" and self.table.late:
            last = len(self.table.late) - 1
            self.table.deliver(self.data.draw(st.integers(0, last), label="which"))
        elif event == "other" and len(self.under_way) == 1:
            self.run(self.writers[1])
        elif event == "leave" and self.under_way and self.under_way[-1].waiting:
            batch = self.under_way[-1]
            batch.leave(next(iter(batch.waiting)))
        elif event == "prune" and self.table.item:
            self.table.item = {INDEX_NAME: self.table.item[INDEX_NAME]}
        elif event == "read":
            self.read()
        fate: Fate = self.data.draw(st.sampled_from(Fate), label="fate")
        self.faults += fate is not Fate.ANSWERED
        return fate

    def run(self, writer: Writer) -> None:
        """Settle one batch; what it answered goes into the history."""
        kinds = self.data.draw(
            st.lists(st.sampled_from(STEPS), min_size=1, max_size=3), label="batch"
        )
        batch = batch_of(*kinds)
        steps = list(batch.waiting)
        self.time += 1
        invoked = self.time
        self.under_way.append(batch)
        writer.settle(batch)
        self.under_way.pop()
        self.time += 1
        for step in steps:
            assert step.outcome is not None
            self.history.append(Operation(step.kind, invoked, self.time, step.outcome))

    def read(self) -> None:
        """Note where the index stands."""
        assert self.table.item is not None
        index = sound_index(self.table.item)
        assert index is not None
        self.time += 1
        self.history.append(Operation(Kind.CURRENT, self.time, self.time, index))


@settings(max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_the_network_does_the_answers_are_those_of_one_counter(
    data: st.DataObject,
) -> None:
    world = World(data)
    for _ in range(3):
        world.run(world.writers[0])
        world.read()
    while world.table.late:
        world.table.deliver(0)
    world.read()
    explained = is_linearizable(world.history, start=world.start, max_index=world.max_index)
    assert explained, world.history


def test_a_batch_is_one_write() -> None:
    table = TableInMemory(0, lambda: Fate.ANSWERED)
    writer = writer_on(table)
    settled(writer, Kind.NEXT)
    before = table.sends
    assert settled(writer, Kind.NEXT, Kind.PREVIOUS, Kind.NEXT) == [2, 2, 3]
    assert table.sends == before + 1


@pytest.mark.parametrize("fate", [Fate.UNANSWERED, Fate.LOST, Fate.LATE, Fate.THROTTLED])
def test_a_write_that_fails_once_is_counted_once(fate: Fate) -> None:
    fates = [*[Fate.ANSWERED] * 3, fate]
    table = TableInMemory(0, lambda: fates.pop(0) if fates else Fate.ANSWERED)
    writer = writer_on(table, max_index=50)
    assert settled(writer, Kind.NEXT, Kind.NEXT) == [1, 2]
    while table.late:
        table.deliver(0)
    assert settled(writer, Kind.NEXT) == [3]


def test_the_stored_number_tells_which_plan_was_applied() -> None:
    fates = [*[Fate.ANSWERED] * 4, Fate.LATE, Fate.ANSWERED, Fate.LOST]
    table = TableInMemory(MAX_INDEX - 1, lambda: fates.pop(0) if fates else Fate.ANSWERED)

    def others_move_to(index: int) -> None:
        assert table.item is not None
        table.item[INDEX_NAME] = {"N": str(index)}

    def others_go_back_and_the_late_write_lands() -> None:
        others_move_to(MAX_INDEX - 1)
        table.deliver(0)

    pauses = iter([lambda: others_move_to(MAX_INDEX - 2), others_go_back_and_the_late_write_lands])
    writer = Writer(table, max_index=MAX_INDEX, pause=lambda _: next(pauses)())
    reached, refused = settled(writer, Kind.NEXT, Kind.NEXT)
    assert reached == MAX_INDEX
    assert isinstance(refused, PastEnd)


def test_no_refusal_is_told_while_a_write_may_still_land() -> None:
    fates = [*[Fate.ANSWERED] * 3, Fate.LATE]
    table = TableInMemory(MAX_INDEX - 1, lambda: fates.pop(0) if fates else Fate.ANSWERED)
    writer = writer_on(table)

    def others_reach_the_end(_: float) -> None:
        assert table.item is not None
        table.item[INDEX_NAME] = {"N": str(MAX_INDEX)}

    writer = Writer(table, max_index=MAX_INDEX, pause=others_reach_the_end)
    (outcome,) = settled(writer, Kind.NEXT)
    assert isinstance(outcome, PastEnd)
    assert table.item is not None
    table.item[INDEX_NAME] = {"N": "0"}
    table.deliver(0)
    assert table.item[INDEX_NAME] == {"N": "0"}


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_a_step_that_leaves_an_unanswered_write_is_of_unknown_outcome(patience: int) -> None:
    fates = [*[Fate.ANSWERED] * 3, Fate.LATE]
    table = TableInMemory(0, lambda: fates.pop(0) if fates else Fate.THROTTLED)
    batch = batch_of(Kind.NEXT)
    (step,) = batch.waiting
    pauses = count(1)

    def leave_in_the_end(_: float) -> None:
        if next(pauses) == patience:
            batch.leave(step)

    Writer(table, max_index=MAX_INDEX, pause=leave_in_the_end).settle(batch)
    assert isinstance(step.outcome, OutcomeUnknown)


def test_a_step_that_leaves_during_the_fence_is_of_unknown_outcome() -> None:
    batch = batch_of(Kind.NEXT)
    (step,) = batch.waiting
    fates = iter([*[Fate.ANSWERED] * 3, Fate.LATE, Fate.ANSWERED, Fate.ANSWERED])

    def next_fate() -> Fate:
        if table.sends == 6:
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
    batch = batch_of(Kind.NEXT)
    (step,) = batch.waiting
    writer = Writer(table, max_index=MAX_INDEX, pause=lambda _: batch.leave(step))
    writer.settle(batch)
    assert isinstance(step.outcome, Unavailable)


def test_a_counter_that_is_gone_is_unavailable_at_once() -> None:
    table = TableInMemory(0, lambda: Fate.ANSWERED)
    writer = writer_on(table)
    settled(writer, Kind.NEXT)
    table.item = None
    assert isinstance(settled(writer, Kind.NEXT, Kind.RESET)[0], Unavailable)
    assert table.item is None


def test_a_pruned_writer_joins_anew() -> None:
    table = TableInMemory(0, lambda: Fate.ANSWERED)
    writer = writer_on(table)
    settled(writer, Kind.NEXT)
    table.item = {INDEX_NAME: {"N": "1"}}
    assert settled(writer, Kind.NEXT) == [2]
    assert len(table.item) == 3


def test_a_write_that_may_have_counted_is_not_repeated_once_the_entry_is_gone() -> None:
    fates = [*[Fate.ANSWERED] * 3, Fate.UNANSWERED]
    table = TableInMemory(0, lambda: fates.pop(0) if fates else Fate.ANSWERED)

    def prune(_: float) -> None:
        table.item = {INDEX_NAME: {"N": "1"}}

    writer = Writer(table, max_index=MAX_INDEX, pause=prune)
    (outcome,) = settled(writer, Kind.NEXT)
    assert isinstance(outcome, OutcomeUnknown)
    assert settled(writer, Kind.NEXT) == [2]


def test_entries_of_dead_writers_go_after_a_minute() -> None:
    seconds = count(0, STALE_SECONDS)
    table = TableInMemory(0, lambda: Fate.ANSWERED)
    settled(writer_on(table), Kind.NEXT)
    assert table.item is not None
    dead = set(table.item)
    lives = Writer(table, max_index=MAX_INDEX, clock=lambda: next(seconds), pause=lambda _: None)
    for _ in range(3):
        settled(lives, Kind.RESET)
    assert dead.intersection(table.item) == {INDEX_NAME}
    assert len(table.item) == 3


def test_without_room_a_lost_answer_is_of_unknown_outcome_at_once() -> None:
    fates = [Fate.ANSWERED, Fate.ANSWERED, Fate.ANSWERED, Fate.UNANSWERED]
    table = TableInMemory(0, lambda: fates.pop(0) if fates else Fate.ANSWERED)
    assert table.item is not None
    table.item["note"] = {"S": "x" * 1_000}
    writer = writer_on(table)
    assert settled(writer, Kind.NEXT) == [1]
    (outcome,) = settled(writer, Kind.NEXT)
    assert isinstance(outcome, OutcomeUnknown)
    assert settled(writer, Kind.NEXT) == [3]
    (refused,) = settled(writer, Kind.NEXT)
    assert isinstance(refused, PastEnd)


def test_of_writers_that_join_at_once_none_stays_that_is_one_too_many() -> None:
    class JoinedMeanwhile(TableInMemory):
        def read(self) -> Item:
            item = super().read()
            return {name: value for name, value in item.items() if not name.endswith(".00")}

    table = JoinedMeanwhile(0, lambda: Fate.ANSWERED)
    assert table.item is not None
    for ordinal in range(WRITERS_LIMIT):
        table.item |= {f"{of}.{ordinal:02}": {"N": "0"} for of in "ni"}
    assert settled(writer_on(table), Kind.NEXT) == [1]
    assert len(all_entries(table.item)) == WRITERS_LIMIT


def test_a_refusal_tells_where_the_step_found_the_counter() -> None:
    outcomes = settled(
        writer_on(TableInMemory(0, lambda: Fate.ANSWERED)), Kind.PREVIOUS, Kind.NEXT, Kind.PREVIOUS
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, BeforeStart)]
    assert [outcome.index for outcome in refused] == [0]
