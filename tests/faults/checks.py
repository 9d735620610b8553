"""The checks of the campaign after each round: of every answer, and of the item in the table."""

from collections import Counter
from collections.abc import Iterator

from fibcore.counter import Operation
from fibcore.dynamodb.item import Item, parse_index
from fibcore.dynamodb.writer_registry import ITEM_LIMIT_BYTES, WRITERS_LIMIT, all_entries
from fibcore.errors import BeforeStart, OutcomeUnknown, PastEnd

from tests.faults.nemesis import Harm
from tests.faults.scenarios import Scenario
from tests.linearizability import Call, unexplained

DEADLINE_SECONDS = 2.0

_MOST_ENTRIES = WRITERS_LIMIT + 3
"""A late write may add an entry when there is no more room. Such an entry is pruned within two
minutes, and so many still fit into a write unit."""


def broken_promises(
    scenario: Scenario, history: list[Call], item: Item, soonest_unknown: float
) -> Iterator[str]:
    """Yield each promise that a round broke, in one line or more.

    Args:
        scenario: What the round was about.
        history: All that clients asked, and what came of it.
        item: The item at the end.
        soonest_unknown: After how many seconds, at least, a server called an outcome unknown.
    """
    size = sum(len(name) + len(value["N"]) // 2 + 2 for name, value in item.items() if "N" in value)
    if size > ITEM_LIMIT_BYTES or len(all_entries(item)) > _MOST_ENTRIES:
        yield f"the item has grown to {size} bytes: {item}"
    if soonest_unknown < DEADLINE_SECONDS * 0.95 and not (
        Harm.ENTRIES_REMOVED in scenario.harms or scenario.crowded
    ):
        yield f"an outcome was unknown after {soonest_unknown:.2f} s already"
    steps = [call.outcome for call in history if call.operation is not Operation.CURRENT]
    counted = sum(isinstance(outcome, int) for outcome in steps)
    if counted < len(steps) * scenario.least_counted:
        yield f"only {counted} of {len(steps)} steps were counted"
    if all(set(mix) == {Operation.NEXT} for mix in scenario.mixes):
        yield from _broken_by_steps_forward(history, scenario.start, parse_index(item))
    calls = [
        call
        for call in history
        if not (call.operation is Operation.CURRENT and isinstance(call.outcome, OutcomeUnknown))
    ]
    stuck = unexplained(calls, start=scenario.start, max_index=scenario.max_index)
    if stuck:
        near = [call for call in calls if abs(call.invoked - stuck.invoked) < 1]
        told = "\n".join(map(_told, sorted(near, key=lambda call: call.invoked)))
        yield f"no order explains {_told(stuck)} among\n{told}"


def _broken_by_steps_forward(history: list[Call], start: int, stored: int | None) -> Iterator[str]:
    """Check steps forward alone exactly, whatever their times."""
    steps = [call.outcome for call in history if call.operation is Operation.NEXT]
    reached = [outcome for outcome in steps if isinstance(outcome, int)]
    unknown = sum(isinstance(outcome, OutcomeUnknown) for outcome in steps)
    twice = [index for index, times in Counter(reached).items() if times > 1]
    if twice:
        yield f"counted twice: {sorted(twice)}"
    back = sum(
        call.operation is Operation.PREVIOUS and isinstance(call.outcome, int) for call in history
    )
    moved = (stored or 0) - start + back
    if not len(reached) <= moved <= len(reached) + unknown:
        yield (
            f"the index moved by {moved}; {len(reached)} steps were acknowledged, "
            f"{unknown} are unknown"
        )


def _told(call: Call) -> str:
    outcome = call.outcome
    told = str(outcome) if isinstance(outcome, int) else type(outcome).__name__
    if isinstance(outcome, BeforeStart | PastEnd):
        told += f" at {outcome.index}"
    times = f"{call.invoked:.4f} to {call.answered:.4f}"
    return f"{times}: {call.operation.value} -> {told}"
