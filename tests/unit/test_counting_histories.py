"""Two processes count on one item while anything may happen to their writes.

Hypothesis draws which client asks what and when, which batch is served, what becomes of every
write, and what happens in between. At the end the answers must be those of one sequential counter.
"""

from dataclasses import dataclass

import pytest
from fibcore.counter import Operation
from fibcore.counter.batch import Batch
from fibcore.counter.batch_queue import BatchQueue
from fibcore.counter.batching import BatchingCounter
from fibcore.counter.plan import Step
from fibcore.dynamodb.item import INDEX_NAME, KEY_NAME, parse_index
from fibcore.dynamodb.writer_registry import STALE_SECONDS
from fibcore.errors import OutcomeUnknown, Unavailable
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from tests.linearizability import Call, is_linearizable
from tests.unit.table_in_memory import Fate, TableInMemory

MOST_FAULTS_A_BATCH = 8
MOST_SENDS_A_BATCH = 100
STEPS = [Operation.NEXT, Operation.PREVIOUS, Operation.RESET]
KINDS = [*STEPS, *[Operation.CURRENT] * 3]
PROCESSES = st.sampled_from([0, 1])
EVENTS = [*["nothing"] * 4, "serve", "serve", "ask", "look"]
FATES = [Fate.ANSWERED, *Fate, Fate.LATE]
# Near the end, and far from both bounds.
HIGHEST = [2, 50]


@dataclass(eq=False)
class Asked:
    """A step that waits for its answer."""

    step: Step
    queue: BatchQueue
    batch: Batch
    invoked: int
    may_be_unknown: bool = False


class Endless(BaseException):
    """A batch sends so many requests that it must be a loop without end."""


class ObservedTable(TableInMemory):
    """Lets the world go on between a read and its answer, as it does before every send."""

    world: "World"

    def read_index(self) -> int:
        index = super().read_index()
        for _ in range(4):
            self.world.something_happens()
        return index


class World(RuleBasedStateMachine):
    """Two processes, their clients, one item, and the network between."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.seconds = 0.0
        self.history: list[Call] = []
        self.waiting: list[Asked] = []
        self.serving: list[BatchQueue] = []
        self.moved_at: dict[BatchQueue, float] = {}
        self.data: st.DataObject | None = None
        self.faults = 0
        self.sends_left = 0
        # Noted here, since an exception amid a batch would be taken for a failure of its worker.
        self.broken: list[str] = []

    @initialize(
        start=st.sampled_from([0, 1, 2]),
        max_index=st.sampled_from(HIGHEST),
        entries_go=st.sampled_from([False, False, True]),
    )
    def begin(self, start: int, max_index: int, *, entries_go: bool) -> None:
        self.start, self.max_index, self.entries_go = start, max_index, entries_go
        self.table = ObservedTable(start, self.next_fate)
        self.table.world = self
        self.processes = [self.new_process() for _ in range(2)]

    def new_process(self) -> BatchingCounter:
        return BatchingCounter(
            self.table,
            max_index=self.max_index,
            deadline_seconds=1,
            clock=lambda: self.seconds,
            pause=lambda _: None,
        )

    @rule(
        process=PROCESSES,
        steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=3),
        data=st.data(),
    )
    def steps_are_served(self, process: int, steps: list[Operation], data: st.DataObject) -> None:
        # So that every other time the entries of those who are gone are looked for.
        self.seconds += STALE_SECONDS / 2
        for kind in steps:
            self.ask(process, kind)
        asked = list(self.waiting)
        self.data, self.faults = data, 0
        self.serve(self.processes[process].writes)
        self.somebody_looks()
        if not self.faults:
            for each in asked:
                assert not isinstance(each.step.outcome, Unavailable), "unavailable for no reason"

    @rule(process=PROCESSES, data=st.data())
    def reads_are_served(self, process: int, data: st.DataObject) -> None:
        self.ask(process, Operation.CURRENT)
        self.data, self.faults = data, 0
        self.serve(self.processes[process].reads)

    @rule(process=PROCESSES, data=st.data())
    def one_is_busy_again_as_the_other_looks(self, process: int, data: st.DataObject) -> None:
        """Whose entry the other has seen unchanged for a minute, and may take out."""
        other = 1 - process
        self.data = None
        for each in (process, other):
            self.seconds += STALE_SECONDS
            self.a_step_is_served(each)
        self.seconds += STALE_SECONDS
        self.data = data
        for each in (other, process, process):
            self.faults = 0
            self.a_step_is_served(each)

    def a_step_is_served(self, process: int) -> None:
        self.ask(process, Operation.NEXT)
        self.serve(self.processes[process].writes)

    @rule(process=PROCESSES, kind=st.sampled_from(KINDS))
    def ask(self, process: int, kind: Operation) -> None:
        counter = self.processes[process]
        step = Step(kind)
        queue = counter.reads if kind is Operation.CURRENT else counter.writes
        self.now += 1
        self.waiting.append(Asked(step, queue, queue.add(step), self.now))

    @rule(which=st.integers(0, 3))
    def a_late_write_lands(self, which: int) -> None:
        if self.table.late:
            self.table.deliver(which % len(self.table.late))

    def teardown(self) -> None:
        if not hasattr(self, "table"):
            return
        self.faults = MOST_FAULTS_A_BATCH
        for counter in self.processes:
            for queue in (counter.reads, counter.writes):
                self.serve(queue)
        while self.table.late:
            self.table.deliver(0)
        self.deadlines_pass()
        self.somebody_looks()
        assert not self.broken, self.broken
        explained = is_linearizable(self.history, start=self.start, max_index=self.max_index)
        assert explained, self.history

    def deadlines_pass(self) -> None:
        """Let the steps leave that no batch answers any more."""
        for asked in self.waiting:
            asked.may_be_unknown = True
            asked.batch.leave(asked.step)
        self.note_answers()

    def next_fate(self) -> Fate:
        if not self.sends_left:
            raise Endless
        self.sends_left -= 1
        self.something_happens()
        if self.faults >= MOST_FAULTS_A_BATCH or self.data is None:
            return Fate.ANSWERED
        fate: Fate = self.data.draw(st.sampled_from(FATES), label="fate")
        self.faults += fate is not Fate.ANSWERED
        return fate

    def something_happens(self) -> None:
        """Let others do something while a batch is served."""
        if self.faults >= MOST_FAULTS_A_BATCH or self.data is None:
            return
        draw = self.data.draw
        event = draw(st.sampled_from(self.possible_events()), label="event")
        self.faults += event != "nothing"
        if event == "ask":
            self.ask(draw(PROCESSES), draw(st.sampled_from(KINDS)))
        elif event == "serve":
            process, reads = draw(PROCESSES), draw(st.booleans())
            kind = Operation.CURRENT if reads else draw(st.sampled_from(STEPS))
            counter = self.processes[process]
            self.ask(process, kind)
            self.serve(counter.reads if reads else counter.writes)
        elif event == "leave":
            asked = draw(st.sampled_from(self.waiting))
            asked.may_be_unknown = True
            asked.batch.leave(asked.step)
            self.note_answers()
        elif event == "late":
            self.a_late_write_lands(draw(st.integers(0, 3)))
        elif event == "entries go":
            item = self.table.item or {}
            self.table.item = {name: item[name] for name in (KEY_NAME, INDEX_NAME)}
        elif event == "look":
            self.somebody_looks()

    def possible_events(self) -> list[str]:
        """Return what may happen now; what happens seldom is worth more."""
        events = list(EVENTS)
        if self.waiting:
            events.append("leave")
        if self.table.late:
            events += ["late"] * 3
        if self.entries_go:
            events.append("entries go")
        return events

    def serve(self, queue: BatchQueue) -> None:
        """Serve the oldest batch of a queue that is not busy with another."""
        if queue in self.serving:
            return
        # Whose entry has not changed for a minute may lose it at any time.
        idle = self.seconds - self.moved_at.setdefault(queue, self.seconds) >= STALE_SECONDS
        batch = [asked for asked in self.waiting if asked.queue is queue]
        for asked in batch:
            asked.may_be_unknown |= idle
        self.serving.append(queue)
        self.sends_left = MOST_SENDS_A_BATCH
        try:
            queue.serve_next()
        except Endless:
            self.broken.append("a batch is sent for ever")
        except Exception as failure:  # noqa: BLE001 - noted, and told at the end
            self.broken.append(f"the worker failed: {failure!r}")
        self.serving.pop()
        if any(isinstance(asked.step.outcome, int) for asked in batch):
            self.moved_at[queue] = self.seconds
        self.note_answers()

    def somebody_looks(self) -> None:
        """Note where the index stands."""
        index = parse_index(self.table.item or {})
        self.now += 1
        if index is None:
            self.broken.append("the item holds no valid index")
        else:
            self.history.append(Call(Operation.CURRENT, self.now, self.now, index))

    def note_answers(self) -> None:
        """Put what has been answered into the history."""
        self.now += 1
        for asked in [asked for asked in self.waiting if asked.step.outcome is not None]:
            outcome = asked.step.outcome
            assert outcome is not None
            self.waiting.remove(asked)
            if isinstance(outcome, OutcomeUnknown):
                if not asked.may_be_unknown and not self.entries_go:
                    self.broken.append("unknown before the deadline")
                if asked.step.operation is Operation.CURRENT:
                    self.broken.append("unknown what a read did")
            self.history.append(Call(asked.step.operation, asked.invoked, self.now, outcome))


SOME = settings(
    max_examples=100,
    stateful_step_count=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
MANY = settings(SOME, max_examples=5_000)


def test_histories_are_those_of_one_counter() -> None:
    run_state_machine_as_test(World, settings=SOME)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_many_histories_are_those_of_one_counter() -> None:
    run_state_machine_as_test(World, settings=MANY)
