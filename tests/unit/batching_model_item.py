"""The counter's item as the model of the writer has it, and an observer who knows every promise.

See `batching_model.py`. The observer sees what no client can: which index each step produced,
and every index that there was while the batch in hand waited.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from fibcore.counter import Operation


class Rule(Enum):
    """What a writer keeps to; the digit is the rule's number in `writer.py`."""

    R1_AN_ID_OF_ITS_OWN = auto()
    R1_THE_INDEX_IS_STORED_WITH_THE_NUMBER = auto()
    R2_ANOTHER_ID_AFTER_AN_UNANSWERED_JOIN = auto()
    R2_A_WRITE_REQUIRES_THE_ENTRY = auto()
    R2_UNKNOWN_WHERE_THE_ENTRY_IS_GONE = auto()
    R3_A_NUMBER_FOR_EACH_PLAN = auto()
    R3_BELOW_THE_FIRST_NUMBER = auto()
    R3_ITS_OWN_NUMBER_TELLS_AS_WELL = auto()
    R4_A_FENCE_BEFORE_A_REFUSAL = auto()
    R4_LEAVING_IN_DOUBT_IS_UNKNOWN = auto()
    R4_NO_FAILURE_ENDS_THE_DOUBT = auto()
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
    """What is asked for, and how much may happen beside it.

    Attributes:
        batches: The steps, in the batches that the writer settles one after the other.
        start: The index at first.
        max_index: The highest index.
        sends: How many writes the writer may send.
        moves: How often another writer moves the index by one.
        prunes: How often a pruner looks, to remove later what it saw.
        seeds: How often the item is replaced.
        doubles: How often a write arrives twice.
        has_room: Whether the writer's entry always finds room.
    """

    batches: tuple[tuple[Operation, ...], ...]
    start: int = 1
    max_index: int = 2
    sends: int = 5
    moves: int = 0
    prunes: int = 0
    seeds: int = 0
    doubles: int = 0
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
    """A write on its way: a join where `number` is 0, a fence where there is no plan."""

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
    """The index, the entries that our writer drew (number and index by id), the outcomes."""

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
        """Tell whether the writer keeps to `rule`."""
        return self.dropped is not rule

    def apply(self, send: Send) -> bool:
        """Do a write where its condition holds, and tell whether it did."""
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
        """Tell whether the writer's entry lets this write pass."""
        stored = entries.get(send.entry or 0)
        if stored is None:
            return not self.keeps(Rule.R2_A_WRITE_REQUIRES_THE_ENTRY)
        return stored[0] < (
            send.first if self.keeps(Rule.R3_BELOW_THE_FIRST_NUMBER) else send.number
        )

    def do(self, plan: Planned) -> None:
        """Move the index, and note which step made which."""
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
        """Leave a number and an index under an id."""
        self.entries = tuple(sorted((entries | {entry: stored}).items()))

    def reach(self, index: int) -> None:
        """Set the index."""
        if not 0 <= index <= self.scenario.max_index:
            raise Violation(f"the index is {index}")
        self.value = index
        self.visited |= {index}

    def tell(self, step: int, outcome: Outcome) -> None:
        """Answer a client, if it is still there."""
        if self.outcomes[step] is not None:
            return
        produced = self.produced[step]
        if isinstance(outcome, int) and produced != outcome:
            raise Violation(f"step {step} is told {outcome}, and made {produced}")
        if (outcome == UNAVAILABLE or isinstance(outcome, Refused)) and produced is not None:
            raise Violation(f"step {step} is told {outcome}, and was counted")
        if isinstance(outcome, Refused) and outcome.index not in self.visited:
            raise Violation(f"step {step} is refused at {outcome.index}, where no counter was")
        self.outcomes = (*self.outcomes[:step], outcome, *self.outcomes[step + 1 :])

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
