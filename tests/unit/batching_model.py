"""An explicit-state model of the writer: all that can happen at a moment, and what comes of it.

One writer settles its batches as `writer.py` and `settling.py` do, with the plans of `plan.py`.
At any moment another writer may move the index, the writer's entry may be pruned or go with the
whole item (go-fib's seed), a step's deadline may pass, and a write whose answer was lost may land
late, or never. `batching_model_search.py` searches all orders of these events. Each rule of
`writer.py` can be dropped, to see that the search would find it.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial

from fibcore.counter.plan import Step, plan_steps
from fibcore.errors import BeforeStart, PastEnd

from tests.unit.batching_model_item import (
    UNAVAILABLE,
    UNKNOWN,
    Item,
    Planned,
    Refused,
    Rule,
    Scenario,
    Send,
    Violation,
)


class World(Item):
    """The item, the network, the writer and its clients at one moment."""

    def __init__(self, scenario: Scenario, dropped: Rule | None) -> None:
        super().__init__(scenario, dropped)
        self.late: frozenset[Send] = frozenset()
        self.awaited: Send | None = None
        self.sent = self.ids = self.last = self.batch = self.doubled = 0
        self.entry: int | None = None
        self.first: int | None = None
        self.unanswered: tuple[tuple[int, Planned | None], ...] = ()
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
        if self.awaited:
            yield "answered", World.get_answer
            yield "throttled", partial(World.fail, final=False)
            yield "refused for good", partial(World.fail, final=True)
            yield "unanswered", World.lose_answer
            if self.doubled < self.scenario.doubles and self.awaited.entry is not None:
                yield "arrives twice, and the second is answered", World.arrive_twice
        else:
            yield from self.events_of_the_writer()
        for send in self.late:
            yield f"write {send.serial} lands late", partial(World.land, send=send)
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
                    yield "the writer sends unmarked", World.attempt

    def events_of_others(self) -> Iterator[tuple[str, Callable[["World"], None]]]:
        """Yield what others can do to the item."""
        limits = self.scenario
        if self.moved < limits.moves:
            yield "another goes forward", partial(World.move_of_another, by=1)
            yield "another goes back", partial(World.move_of_another, by=-1)
        if self.seeded < limits.seeds:
            yield "the item is replaced", World.seed
        if self.looked < limits.prunes and self.entries:
            yield "a pruner looks", World.look
        if self.seen:
            yield "the pruner's write arrives", World.prune

    # The network and the clients.

    def send(self, number: int, plan: Planned | None) -> None:
        """Put a write on its way."""
        self.awaited = Send(self.sent, self.entry, self.first or 0, number, plan)
        self.sent += 1

    def taken(self) -> Send:
        """Return the write that the writer waits for, and let it wait no longer."""
        send, self.awaited = self.awaited, None
        if send is None:
            raise AssertionError
        return send

    def arrive_twice(self) -> None:
        """Let the write arrive, and a copy of it be answered."""
        self.doubled += 1
        if self.awaited:
            self.apply(self.awaited)
        self.get_answer()

    def land(self, send: Send) -> None:
        """Let a write arrive whose answer nobody waits for."""
        self.late -= {send}
        self.apply(send)

    def leave(self, step: int) -> None:
        """Let a step's deadline pass: `Batch.leave`."""
        unknown = self.in_doubt and self.keeps(Rule.R4_LEAVING_IN_DOUBT_IS_UNKNOWN)
        self.tell(step, UNKNOWN if unknown else UNAVAILABLE)
        self.waiting = tuple(waits for waits in self.waiting if waits != step)

    def fail_batch(self, outcome: str) -> None:
        """Tell all that wait the same: `Batch.fail`."""
        for step in self.waiting:
            self.tell(step, outcome)
        self.waiting = ()

    # The writer.

    def take_batch(self) -> None:
        """Begin with the next batch: a new `Settling`."""
        self.batch += 1
        before = sum(map(len, self.scenario.batches[: self.batch]))
        self.waiting = tuple(range(before, before + len(self.scenario.batches[self.batch])))
        self.first, self.unanswered, self.known, self.in_doubt = None, (), None, False
        self.visited = frozenset({self.value})

    def join(self) -> None:
        """Send what brings the writer's entry in: `Writer._join`."""
        if self.keeps(Rule.R2_ANOTHER_ID_AFTER_AN_UNANSWERED_JOIN):
            self.ids += 1
        self.send(0, None)
        self.awaited = self.taken()._replace(entry=self.ids)

    def attempt(self) -> None:
        """Plan, and send a write or a fence, or refuse: `Writer._attempt`, `_write_unmarked`."""
        if self.first is None and self.entry is not None:
            self.first = self.last + 1
        plan = planned(self.scenario, self.waiting, self.known)
        fence_first = self.keeps(Rule.R4_A_FENCE_BEFORE_A_REFUSAL)
        if not plan.moves and not (self.unanswered and fence_first):
            self.answer(plan, 0)
            return
        if plan.moves:
            self.in_doubt = True
        if self.entry is not None:
            self.last += 1
        each = self.keeps(Rule.R3_A_NUMBER_FOR_EACH_PLAN) or not plan.moves
        self.send(self.last if each else self.first or 0, plan if plan.moves else None)

    def get_answer(self) -> None:
        """Learn what became of the write that was sent last."""
        send = self.taken()
        applied = self.apply(send)
        if send.entry is None:
            if applied and send.plan:
                self.answer(send.plan, self.value)
            self.known = self.value
        elif send.number == 0:
            if applied:
                self.entry, self.last = send.entry, 0
        elif not applied:
            self.conclude(send)
        elif send.plan:
            self.answer(send.plan, self.value)
        else:
            self.fenced()

    def fail(self, *, final: bool) -> None:
        """Learn that the write surely did nothing: `Unavailable` in `Writer.settle`."""
        self.taken()
        self.in_doubt = bool(self.unanswered) and self.keeps(Rule.R4_NO_FAILURE_ENDS_THE_DOUBT)
        if final and not self.in_doubt:
            self.fail_batch(UNAVAILABLE)

    def lose_answer(self) -> None:
        """Hear nothing; the write may land at any later time."""
        send = self.taken()
        self.late |= {send}
        if send.entry is None:
            self.fail_batch(UNKNOWN)
        elif send.number:
            plans = dict(self.unanswered) | {send.number: send.plan}
            self.unanswered = tuple(sorted(plans.items(), key=lambda pair: pair[0]))

    def conclude(self, send: Send) -> None:
        """Learn from the item, as a refused write found it: `Writer._conclude`."""
        stored = dict(self.entries).get(self.entry or 0)
        if stored is None:
            self.lose_entry()
            return
        number, index = stored
        unanswered = dict(self.unanswered)
        if self.keeps(Rule.R3_ITS_OWN_NUMBER_TELLS_AS_WELL) and number == send.number:
            unanswered[number] = send.plan
        if number < (self.first or 0):
            self.known = self.value
            self.in_doubt = bool(self.unanswered)
        elif number not in unanswered:
            self.lose_entry()
        elif (plan := unanswered[number]) is None:
            self.fenced()
        else:
            is_stored = self.keeps(Rule.R1_THE_INDEX_IS_STORED_WITH_THE_NUMBER)
            self.answer(plan, index if is_stored else self.value)

    def lose_entry(self) -> None:
        """Give up the id: `Writer._lose_entry`."""
        self.entry = self.first = None
        if self.unanswered and self.keeps(Rule.R2_UNKNOWN_WHERE_THE_ENTRY_IS_GONE):
            if self.pruned_alive and self.waiting:
                raise Violation("steps are given up because a writer at work was pruned")
            self.fail_batch(UNKNOWN)
        self.unanswered, self.in_doubt = (), False

    def fenced(self) -> None:
        """Start anew: `Settling.fenced`."""
        self.unanswered, self.first, self.in_doubt = (), None, False
        self.known = self.value

    def answer(self, plan: Planned, reached: int) -> None:
        """Answer the steps of a plan, and be done with the batch: `Settling.answer`."""
        for step, offset in plan.reaches:
            self.tell(step, reached + offset)
        for step, index in plan.refused:
            self.tell(step, Refused(index))
        self.waiting = ()


@cache
def planned(scenario: Scenario, waiting: tuple[int, ...], known: int | None) -> Planned:
    """Return what `plan_steps` makes of the steps that wait."""
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
            reaches.append((number, step.reached() - reached))
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
