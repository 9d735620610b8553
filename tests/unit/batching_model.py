"""The model's writer: an explicit-state model of `exactly_once_writer.py` and `batch.py`.

One writer serves its batches with the plans of `plan.py`. At any moment a step's deadline may
pass, and everything may happen that `batching_model_network.py` and `batching_model_item.py`
offer. `batching_model_search.py` searches all orders of these events. Each rule of the writer can
be dropped, to see that the search finds the broken promise.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial

from fibcore.counter.plan import Step, plan_steps
from fibcore.errors import BeforeStart, PastEnd

from tests.unit.batching_model_item import (
    UNAVAILABLE,
    UNKNOWN,
    Planned,
    Refused,
    Rule,
    Scenario,
    Send,
    Violation,
)
from tests.unit.batching_model_network import Network


class World(Network):
    """The item, the network, the writer and its clients at one moment."""

    def __init__(self, scenario: Scenario, dropped: Rule | None) -> None:
        super().__init__(scenario, dropped)
        self.ids = self.last = self.batch = self.first = 0
        self.entry: int | None = None
        self.plans: tuple[tuple[int, Planned], ...] = ()
        self.known: int | None = None
        self.in_doubt = self.was_refused = self.doubted = self.alone = False
        self.waiting = tuple(range(len(scenario.batches[0])))

    def clone(self) -> "World":
        """Return a copy; all that it holds is immutable."""
        copy = object.__new__(World)
        copy.__dict__.update(self.__dict__)
        return copy

    def key(self) -> tuple[object, ...]:
        """Return what tells this moment from another of the same search."""
        return tuple(self.__dict__.values())[2:]

    def events(self) -> Iterator[tuple[str, Callable[["World"], None]]]:
        """Yield all that can happen now."""
        if not self.awaited:
            yield from self.events_of_the_writer()
        yield from self.events_of_the_network()
        copies = self.scenario.copies or self.scenario.late_copies
        if not (copies and self.was_refused) or self.in_doubt:
            # With copies, a step whose write was only refused waits longer, for the next verdict.
            for step in self.waiting:
                yield f"step {step} leaves", partial(World.leave, step=step)
        yield from self.events_of_others()

    def events_of_the_writer(self) -> Iterator[tuple[str, Callable[["World"], None]]]:
        """Yield what the writer can do next: `ExactlyOnceWriter.write_batch`."""
        if not self.waiting:
            if self.batch + 1 < len(self.scenario.batches):
                yield "the next batch is taken", World.take_batch
        elif self.entry is not None:
            yield "the writer sends", World.write
        else:
            yield "the writer joins", World.join
            if not self.scenario.has_room:
                yield "the writer sends without an entry", World.write

    # The clients.

    def leave(self, step: int) -> None:
        """Let a step's deadline pass: `Batch.leave`."""
        unknown = self.in_doubt and self.keeps(Rule.R4_LEAVING_IN_DOUBT_IS_UNKNOWN)
        self.tell(step, UNKNOWN if unknown else UNAVAILABLE)
        self.waiting = tuple(waits for waits in self.waiting if waits != step)

    def fail_batch(self, outcome: str) -> None:
        """Answer all that wait the same: `Batch.fail`, or their deadlines in doubt."""
        for step in self.waiting:
            self.tell(step, outcome)
        self.waiting = ()

    # The writer.

    def take_batch(self) -> None:
        """Begin with the next batch: a new `Batch`."""
        self.batch += 1
        before = sum(map(len, self.scenario.batches[: self.batch]))
        self.waiting = tuple(range(before, before + len(self.scenario.batches[self.batch])))
        self.plans, self.first, self.known = (), 0, None
        self.in_doubt = self.was_refused = False
        self.visited = frozenset({self.value})

    def join(self) -> None:
        """Send the write that adds the writer's entry: `WriterRegistry.refresh_if_due`."""
        if self.keeps(Rule.R2_ANOTHER_ID_AFTER_AN_UNANSWERED_JOIN):
            self.ids += 1
        self.sends(self.ids, 0, None)

    def write(self) -> None:
        """Plan, and send the write, or refuse every step: `ExactlyOnceWriter._write`."""
        plan = planned(self.scenario, self.waiting, self.known)
        if plan.moves:
            self.doubted, self.alone = self.in_doubt, not self.in_doubt and not self.was_refused
            self.last += 1
            self.first = self.first or self.last
            each = self.keeps(Rule.R3_A_NUMBER_FOR_EACH_PLAN)
            number = self.last if each else self.first
            self.plans = (*self.plans, (number, plan))
            self.in_doubt = True
            self.sends(self.entry, number, plan)
        elif self.plans and self.entry is not None and self.keeps(Rule.R4_A_FENCE_BEFORE_A_REFUSAL):
            self.fence()
        else:
            self.resolve(plan, 0)

    def fence(self) -> None:
        """Send a fence: `ExactlyOnceWriter._fence`."""
        self.doubted, self.alone = self.in_doubt, not self.in_doubt and not self.was_refused
        self.last += 1
        self.in_doubt = True
        self.sends(self.entry, self.last, None)

    def sends(self, entry: int | None, number: int, plan: Planned | None) -> None:
        """Send a write, as long as the scenario allows one."""
        if self.sent < self.scenario.sends:
            self.send(entry, self.first, number, plan)
        else:
            self.waiting = ()

    def answered(self, send: Send, *, applied: bool) -> None:
        """Learn that the write was applied, or that its condition failed."""
        if send.entry is not None and send.number == 0:
            if applied:
                self.entry = send.entry
        elif not applied:
            self.conclude(send)
        elif send.plan:
            self.resolve(send.plan, self.value)
        else:
            self.fenced()

    def refused(self, send: Send, *, final: bool) -> None:
        """Learn that a delivery was refused: `Refused` in `ExactlyOnceWriter`."""
        if send.number == 0:
            if final:
                self.fail_batch(UNAVAILABLE)
        elif send.plan is None:
            self.was_refused = True
            self.in_doubt = self.doubted
            if final:
                self.give_up()
        else:
            self.was_refused = True
            self.in_doubt = self.doubted or final
            if not self.keeps(Rule.R3_A_REFUSED_PLAN_IS_REMEMBERED):
                self.forget(send)
                self.was_refused, self.in_doubt = False, self.doubted
                if final:
                    self.fail_batch(UNAVAILABLE)
            elif final and send.entry is None:
                self.give_up()
            elif final:
                self.fence()

    def forget(self, send: Send) -> None:
        """Drop what is known of a write."""
        self.plans = tuple(pair for pair in self.plans if pair[0] != send.number)

    def unanswered(self, send: Send) -> None:
        """Learn that the outcome is unknown: `OutcomeUnknown` in `ExactlyOnceWriter`."""
        if send.entry is None:
            self.give_up()

    def give_up(self) -> None:
        """Leave the steps to their deadlines, in doubt, and draw another id later."""
        self.entry = None
        self.fail_batch(UNKNOWN)

    def conclude(self, send: Send) -> None:
        """Learn from the item that came with the failed condition: `ExactlyOnceWriter._resolve`."""
        stored = dict(self.entries).get(self.entry) if self.entry is not None else (-1, 0)
        if not self.keeps(Rule.R3_ITS_OWN_NUMBER_TELLS_AS_WELL):
            self.forget(send)
        if stored is None or stored[0] > self.last:
            self.lose_entry()
        elif stored[0] < self.first:
            self.nothing_applied()
        elif (plan := dict(self.plans).get(stored[0])) is not None:
            is_stored = self.keeps(Rule.R1_THE_INDEX_IS_STORED_WITH_THE_NUMBER)
            self.resolve(plan, stored[1] if is_stored else self.value)
        else:
            self.fenced()

    def lose_entry(self) -> None:
        """Join again under another id, or give up a batch in doubt."""
        self.entry = None
        if self.alone or not self.keeps(Rule.R2_UNKNOWN_WHERE_THE_ENTRY_IS_GONE):
            self.fenced()
        else:
            if self.pruned_alive and self.waiting:
                raise Violation("steps are given up because a writer at work was pruned")
            self.give_up()

    def nothing_applied(self) -> None:
        """Plan again at once, from the index found: `Batch.not_applied`."""
        self.in_doubt = self.doubted
        self.was_refused = False
        self.known = self.value
        self.write()

    def fenced(self) -> None:
        """Start again: `Batch.fenced`."""
        self.plans, self.first, self.in_doubt, self.was_refused = (), 0, False, False
        self.known = self.value

    def resolve(self, plan: Planned, reached: int) -> None:
        """Answer the steps of a plan, and finish the batch: `Batch.answer`, `Batch.refuse`."""
        for step, offset in plan.reaches:
            self.tell(step, reached + offset)
        for step, index in plan.refused:
            self.tell(step, Refused(index))
        self.waiting = ()


@cache
def planned(scenario: Scenario, waiting: tuple[int, ...], known: int | None) -> Planned:
    """Return the plan that `plan_steps` makes for the steps that wait."""
    kinds = [kind for batch in scenario.batches for kind in batch]
    steps = {number: Step(kinds[number]) for number in waiting}
    plan = plan_steps(list(steps.values()), max_index=scenario.max_index, known=known)
    movement = plan.movement
    reached = movement.net if movement else 0
    plan.answer(reached)
    refused, reaches = [], []
    for number, step in steps.items():
        if isinstance(step.outcome, BeforeStart | PastEnd):
            refused.append((number, step.outcome.index))
        else:
            reaches.append((number, step.result() - reached))
    if movement is None:
        return Planned(moves=False, refused=tuple(refused))
    return Planned(
        moves=True,
        net=movement.net,
        restart=movement.restart,
        lowest=movement.lowest,
        highest=movement.highest,
        reaches=tuple(reaches),
        refused=tuple(refused),
    )
