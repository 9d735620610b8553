"""Plan one write for many steps: which step gets which index, and under which condition.

The steps of one plan all wait while it is written, so any order among them is linearizable. The
plan resets first, then steps forward, then back; near the upper end it steps back before
forward, so that fewer are refused. The condition keeps the index of every single step within the
limits, not only the final index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fibcore.counter import Operation
from fibcore.dynamodb.item import Movement
from fibcore.errors import BeforeStart, CounterError, OutcomeUnknown, PastEnd
from fibcore.settings import INDEX_LIMIT


@dataclass(eq=False, slots=True)
class Step:
    """One request of one client, as a future.

    Attributes:
        operation: What the client asked for.
        outcome: The index that this step reached, or how it failed; None while it waits.
    """

    operation: Operation
    outcome: int | CounterError | None = None

    def result(self) -> int:
        """Return the index that this step reached.

        Raises:
            CounterError: The step failed.
        """
        if isinstance(self.outcome, int):
            return self.outcome
        failure = self.outcome or OutcomeUnknown("the step was never answered")
        raise failure.with_traceback(None)  # Several steps may raise the same exception.


class Plan(NamedTuple):
    """The one movement that applies many steps, and what becomes of each.

    Attributes:
        movement: What to write, or None if every step is refused.
        moving: Each step that moves, with the offset of its index from the index before the write,
            or from 0 if the plan has a reset.
        refused: The steps that do not fit, each with its failure.
    """

    movement: Movement | None
    moving: list[tuple[Step, int]]
    refused: list[tuple[Step, CounterError]]

    def answer(self, reached: int) -> None:
        """Answer each step, given the index that the write produced; 0 if there was no write."""
        start = reached - self.movement.net if self.movement else 0
        for step, offset in self.moving:
            step.outcome = start + offset
        for step, failure in self.refused:
            step.outcome = failure


def plan_steps(steps: Sequence[Step], *, max_index: int, known: int | None = None) -> Plan:
    """Plan one write for all `steps`.

    Args:
        steps: At least one.
        max_index: The highest index that a step forward may reach.
        known: The stored index, from 0 to `INDEX_LIMIT`, if it came back with a failed condition.
            If it is None and no step is a reset, the plan refuses no step. Instead, the write's
            condition fails if a step would have to be refused.
    """
    resets = [step for step in steps if step.operation is Operation.RESET]
    forward = [step for step in steps if step.operation is Operation.NEXT]
    back = [step for step in steps if step.operation is Operation.PREVIOUS]
    start = 0 if resets else known

    back_first = start is not None and start + len(forward) > max_index
    offset, lowest, highest = 0, 0, INDEX_LIMIT
    moving = [(step, 0) for step in resets]
    refused: list[tuple[Step, CounterError]] = []
    for is_forward in (False, True) if back_first else (True, False):
        group, sign, failure = (forward, 1, PastEnd) if is_forward else (back, -1, BeforeStart)
        moved = group
        if start is not None:
            room = max_index - start - offset if is_forward else start + offset
            moved = group[: max(0, room)]
        moving += [(step, offset + sign * n) for n, step in enumerate(moved, 1)]
        offset += sign * len(moved)
        refused += [(step, failure((start or 0) + offset)) for step in group[len(moved) :]]
        if is_forward and moved:
            highest = min(INDEX_LIMIT, max_index - offset)
        lowest = max(lowest, -offset)
    if start is not None and refused:
        # The refusals hold only for this start, so the write requires exactly this index.
        lowest = highest = start
    movement = Movement(offset, bool(resets), lowest, highest) if moving else None
    return Plan(movement, moving, refused)
