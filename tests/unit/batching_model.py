"""The model's writer: an explicit-state model of `batch_writer.py` and `batch.py`.

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
        self.ids = self.last = self.batch = 0
        self.entry: int | None = None
        self.first: int | None = None
        self.plans_in_doubt: tuple[tuple[int, Planned | None], ...] = ()
        self.known: int | None = None
        self.in_doubt = False
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
        for step in self.waiting:
            yield f"step {step} leaves", partial(World.leave, step=step)
        yield from self.events_of_others()

    def events_of_the_writer(self) -> Iterator[tuple[str, Callable[["World"], None]]]:
        """Yield what the writer can do next."""
        if not self.waiting:
            if self.batch + 1 < len(self.scenario.batches):
                yield "the next batch is taken", World.take_batch
        elif self.sent < self.scenario.sends:
            if self.entry is not None:
                yield "the writer sends", World.attempt
            else:
                yield "the writer joins", World.join
                if not self.scenario.has_room:
                    yield "the writer sends without an entry", World.attempt

    # The clients.

    def leave(self, step: int) -> None:
        """Let a step's deadline pass: `Batch.leave`."""
        unknown = self.in_doubt and self.keeps(Rule.R4_LEAVING_IN_DOUBT_IS_UNKNOWN)
        self.tell(step, UNKNOWN if unknown else UNAVAILABLE)
        self.waiting = tuple(waits for waits in self.waiting if waits != step)

    def fail_batch(self, outcome: str) -> None:
        """Answer all that wait the same: `Batch.fail`."""
        for step in self.waiting:
            self.tell(step, outcome)
        self.waiting = ()

    # The writer.

    def take_batch(self) -> None:
        """Begin with the next batch: a new `Settling`."""
        self.batch += 1
        before = sum(map(len, self.scenario.batches[: self.batch]))
        self.waiting = tuple(range(before, before + len(self.scenario.batches[self.batch])))
        self.first, self.plans_in_doubt, self.known, self.in_doubt = None, (), None, False
        self.visited = frozenset({self.value})

    def join(self) -> None:
        """Send the write that adds the writer's entry: `Writer._join`."""
        if self.keeps(Rule.R2_ANOTHER_ID_AFTER_AN_UNANSWERED_JOIN):
            self.ids += 1
        self.send(self.ids, 0, 0, None)

    def attempt(self) -> None:
        """Plan, and send a write or a fence, or refuse: `Writer._attempt`, `_write_unmarked`."""
        if self.first is None and self.entry is not None:
            self.first = self.last + 1
        plan = planned(self.scenario, self.waiting, self.known)
        fence_first = self.keeps(Rule.R4_A_FENCE_BEFORE_A_REFUSAL)
        if not plan.moves and not (self.plans_in_doubt and fence_first):
            self.resolve(plan, 0)
            return
        if plan.moves:
            self.in_doubt = True
        if self.entry is not None:
            self.last += 1
        each = self.keeps(Rule.R3_A_NUMBER_FOR_EACH_PLAN) or not plan.moves
        number = self.last if each else self.first or 0
        self.send(self.entry, self.first or 0, number, plan if plan.moves else None)

    def answered(self, send: Send, *, applied: bool) -> None:
        """Learn what became of the write that was sent last: `Writer._attempt`."""
        if send.entry is None:
            if applied and send.plan:
                self.resolve(send.plan, self.value)
            self.known = self.value
        elif send.number == 0:
            if applied:
                self.entry, self.last = send.entry, 0
        elif not applied:
            self.conclude(send)
        elif send.plan:
            self.resolve(send.plan, self.value)
        else:
            self.fenced()

    def refused(self, send: Send, *, final: bool) -> None:
        """Learn that the write did nothing: `Unavailable` in `Writer.settle`."""
        if self.keeps(Rule.R3_A_REFUSED_PLAN_IS_REMEMBERED):
            self.remember(send)
        self.in_doubt = bool(self.plans_in_doubt) and self.keeps(Rule.R4_NO_FAILURE_ENDS_THE_DOUBT)
        if final and not self.in_doubt:
            self.fail_batch(UNAVAILABLE)

    def unanswered(self, send: Send) -> None:
        """Learn that the outcome of the write is unknown: `OutcomeUnknown` in `Writer.settle`."""
        if send.entry is None:
            self.fail_batch(UNKNOWN)
        else:
            self.remember(send)

    def remember(self, send: Send) -> None:
        """Keep a plan that may have been applied."""
        if send.entry is not None and send.number:
            plans = dict(self.plans_in_doubt) | {send.number: send.plan}
            self.plans_in_doubt = tuple(sorted(plans.items(), key=lambda pair: pair[0]))

    def conclude(self, send: Send) -> None:
        """Learn from the item, as a refused write found it: `Writer._conclude`."""
        stored = dict(self.entries).get(self.entry or 0)
        if stored is None:
            self.lose_entry()
            return
        number, index = stored
        plans = dict(self.plans_in_doubt)
        if self.keeps(Rule.R3_ITS_OWN_NUMBER_TELLS_AS_WELL) and number == send.number:
            plans[number] = send.plan
        if number < (self.first or 0):
            self.known = self.value
            self.in_doubt = bool(self.plans_in_doubt)
        elif number not in plans:
            self.lose_entry()
        elif (plan := plans[number]) is None:
            self.fenced()
        else:
            is_stored = self.keeps(Rule.R1_THE_INDEX_IS_STORED_WITH_THE_NUMBER)
            self.resolve(plan, index if is_stored else self.value)

    def lose_entry(self) -> None:
        """Give up the id: `Writer._lose_entry`."""
        self.entry = self.first = None
        if self.plans_in_doubt and self.keeps(Rule.R2_UNKNOWN_WHERE_THE_ENTRY_IS_GONE):
            if self.pruned_alive and self.waiting:
                raise Violation("steps are given up because a writer at work was pruned")
            self.fail_batch(UNKNOWN)
        self.plans_in_doubt, self.in_doubt = (), False

    def fenced(self) -> None:
        """Start again: `Settling.fenced`."""
        self.plans_in_doubt, self.first, self.in_doubt = (), None, False
        self.known = self.value

    def resolve(self, plan: Planned, reached: int) -> None:
        """Answer the steps of a plan, and finish the batch: `Settling.answer`."""
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
