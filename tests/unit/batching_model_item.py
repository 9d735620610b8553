"""The model's item, other processes that change it, and an observer that checks every promise.

The observer sees what no client can see: which index each step produced, and every index that
the counter had while the current batch waited.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import NamedTuple

from fibcore.counter import Operation


class Rule(Enum):
    """A rule of the writer; the digit is the rule's number in `exactly_once_writer.py`."""

    R1_AN_ID_OF_ITS_OWN = auto()
    R1_THE_INDEX_IS_STORED_WITH_THE_NUMBER = auto()
    R2_ANOTHER_ID_AFTER_AN_UNANSWERED_JOIN = auto()
    R2_A_WRITE_REQUIRES_THE_ENTRY = auto()
    R2_UNKNOWN_WHERE_THE_ENTRY_IS_GONE = auto()
    R3_A_NUMBER_FOR_EACH_PLAN = auto()
    R3_BELOW_THE_FIRST_NUMBER = auto()
    R3_ITS_OWN_NUMBER_TELLS_AS_WELL = auto()
    R3_A_REFUSED_PLAN_IS_REMEMBERED = auto()
    R4_A_FENCE_BEFORE_A_REFUSAL = auto()
    R4_LEAVING_IN_DOUBT_IS_UNKNOWN = auto()
    R5_PRUNED_ONLY_AS_SEEN = auto()


class Violation(Exception):
    """A promise is broken.

    Attributes:
        events: What led there, in order.
    """

    def __init__(self, promise: str) -> None:
        super().__init__(promise)
        self.events: list[str] = []


@dataclass(frozen=True)
class Scenario:
    """The steps that clients ask for, and how often each event may happen meanwhile.

    Attributes:
        batches: The steps, in the batches that the writer serves one after the other.
        start: The first index.
        max_index: The highest index.
        sends: How many writes the writer may send.
        moves: How often another writer moves the index by one.
        prunes: How often a pruner looks, to remove later what it saw.
        seeds: How often the item is replaced.
        copies: How often the network delivers a copy of a write before the write itself.
        late_copies: How often the network keeps a copy of a write, to deliver it later.
        has_room: Whether the writer's entry always finds room.
    """

    batches: tuple[tuple[Operation, ...], ...]
    start: int = 1
    max_index: int = 2
    sends: int = 5
    moves: int = 0
    prunes: int = 0
    seeds: int = 0
    copies: int = 0
    late_copies: int = 0
    has_room: bool = True


class Planned(NamedTuple):
    """A plan of `plan.py`, by the positions of its steps.

    Attributes:
        moves: Whether there is anything to write.
        reaches: Each step that moves, with its index less the one that the write produces.
        refused: Each step that does not, with the index where it is refused.
    """

    moves: bool
    net: int = 0
    restart: bool = False
    lowest: int = 0
    highest: int = 0
    reaches: tuple[tuple[int, int], ...] = ()
    refused: tuple[tuple[int, int], ...] = ()


class Send(NamedTuple):
    """A write in the network.

    Attributes:
        serial: Tells this delivery from every other one.
        entry: The writer's id; None for a write without an entry.
        first: The write applies only where the stored number is smaller.
        number: What the write stores; 0 for the write that adds the entry.
        plan: The plan; None for a fence and for the write that adds the entry.
    """

    serial: int
    entry: int | None
    first: int
    number: int
    plan: Planned | None


@dataclass(frozen=True)
class Refused:
    """The outcome of a step that the writer refused at an index."""

    index: int


UNKNOWN, UNAVAILABLE = "unknown", "unavailable"
Outcome = int | str | Refused | None
Entries = dict[int, tuple[int, int]]


class Item:
    """The index, the entries of our writer (number and index by id), and the outcomes."""

    def __init__(self, scenario: Scenario, dropped: Rule | None) -> None:
        self.scenario, self.dropped = scenario, dropped
        self.value = scenario.start
        self.entries: tuple[tuple[int, tuple[int, int]], ...] = ()
        self.moved = self.seeded = self.looked = 0
        self.seen: tuple[int, int] | None = None
        self.outcomes: tuple[Outcome, ...] = (None,) * sum(map(len, scenario.batches))
        self.produced: tuple[int | None, ...] = (None,) * len(self.outcomes)
        self.visited = frozenset({self.value})
        self.pruned_alive = False

    def keeps(self, rule: Rule) -> bool:
        """Return whether the writer keeps `rule`."""
        return self.dropped is not rule

    def apply(self, send: Send) -> bool:
        """Apply a write if its condition holds, and return whether it did."""
        entries = dict(self.entries)
        if send.number == 0 and send.entry is not None:
            if send.entry in entries:
                return False
            self.store(entries, send.entry, (0, 0))
            return True
        if send.entry is not None and not self.mark_holds(entries, send):
            return False
        if send.plan is not None:
            if not (send.plan.restart or send.plan.lowest <= self.value <= send.plan.highest):
                return False
            self.do(send.plan)
        if send.entry is not None:
            index = self.value if send.plan else entries.get(send.entry, (0, 0))[1]
            self.store(entries, send.entry, (send.number, index))
        return True

    def mark_holds(self, entries: Entries, send: Send) -> bool:
        """Return whether the writer's entry lets this write pass."""
        stored = entries.get(send.entry or 0)
        if stored is None:
            return not self.keeps(Rule.R2_A_WRITE_REQUIRES_THE_ENTRY)
        return stored[0] < (
            send.first if self.keeps(Rule.R3_BELOW_THE_FIRST_NUMBER) else send.number
        )

    def do(self, plan: Planned) -> None:
        """Move the index, and note which index each step produced."""
        before = 0 if plan.restart else self.value
        self.visited |= {before}
        self.reach(before + plan.net)
        for step, offset in plan.reaches:
            index = self.value + offset
            if self.produced[step] is not None:
                raise Violation(f"step {step} is counted twice")
            if self.outcomes[step] not in (None, UNKNOWN):
                raise Violation(f"step {step} is counted after it was {self.outcomes[step]}")
            self.produced = (*self.produced[:step], index, *self.produced[step + 1 :])
            self.visited |= {index}

    def store(self, entries: Entries, entry: int, stored: tuple[int, int]) -> None:
        """Store a number and an index under an id."""
        self.entries = tuple(sorted((entries | {entry: stored}).items()))

    def reach(self, index: int) -> None:
        """Set the index."""
        if not 0 <= index <= self.scenario.max_index:
            raise Violation(f"the index is {index}")
        self.value = index
        self.visited |= {index}

    def tell(self, step: int, outcome: Outcome) -> None:
        """Answer a client that still waits."""
        if self.outcomes[step] is not None:
            return
        produced = self.produced[step]
        if isinstance(outcome, int) and produced != outcome:
            raise Violation(f"step {step} is answered {outcome}, but produced {produced}")
        if (outcome == UNAVAILABLE or isinstance(outcome, Refused)) and produced is not None:
            raise Violation(f"step {step} is answered {outcome}, but was counted")
        if isinstance(outcome, Refused) and outcome.index not in self.visited:
            raise Violation(
                f"step {step} is refused at {outcome.index}, where the counter never was"
            )
        self.outcomes = (*self.outcomes[:step], outcome, *self.outcomes[step + 1 :])

    def events_of_others(self) -> Iterator[tuple[str, Callable[["Item"], None]]]:
        """Yield what other processes can do to the item now."""
        limits = self.scenario
        if self.moved < limits.moves:
            yield "another goes forward", partial(Item.move_of_another, by=1)
            yield "another goes back", partial(Item.move_of_another, by=-1)
        if self.seeded < limits.seeds:
            yield "the item is replaced", Item.seed
        if self.looked < limits.prunes and self.entries:
            yield "a pruner looks", Item.look
        if self.seen:
            yield "the pruner's write arrives", Item.prune

    def move_of_another(self, by: int) -> None:
        """Let another process move the index by one, within the bounds."""
        self.moved += 1
        if not 0 <= self.value + by <= self.scenario.max_index:
            return
        entries = dict(self.entries)
        if not self.keeps(Rule.R1_AN_ID_OF_ITS_OWN) and entries:
            if max(entries.values())[0] >= 1:
                return
            self.store(entries, max(entries), (1, self.value + by))
        self.reach(self.value + by)

    def seed(self) -> None:
        """Replace the item, as go-fib's seed does."""
        self.seeded += 1
        self.entries = ()
        self.reach(0)

    def look(self) -> None:
        """Let a pruner note the newest entry."""
        self.looked += 1
        entry, (number, _) = self.entries[-1]
        self.seen = entry, number

    def prune(self) -> None:
        """Let the pruner's write arrive."""
        entry, number = self.seen or (0, 0)
        self.seen = None
        stored = dict(self.entries).get(entry)
        if stored and (stored[0] == number or not self.keeps(Rule.R5_PRUNED_ONLY_AS_SEEN)):
            self.pruned_alive |= stored[0] != number
            self.entries = tuple(pair for pair in self.entries if pair[0] != entry)
