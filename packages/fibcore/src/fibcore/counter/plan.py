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

    def resolve(self, index: int) -> None:
        """Set the index that this step reached."""
        self.outcome = index

    def reject(self, failure: CounterError) -> None:
        """Set how this step failed."""
        self.outcome = failure

    def result(self) -> int:
        """Return the index that this step reached.

        Raises:
            CounterError: The step failed.
        """
        outcome = self.outcome
        if outcome is None or isinstance(outcome, CounterError):
            raise outcome or OutcomeUnknown("the step was never answered")
        return outcome


class Plan(NamedTuple):
    """The one movement that applies many steps, and what becomes of each.

    Attributes:
        movement: What to write, or None if every step is refused.
        moving: Each step that moves, with the offset of its index from the index that the write
            produces.
        refused: The steps that do not fit, each with its failure.
    """

    movement: Movement | None
    moving: list[tuple[Step, int]]
    refused: list[tuple[Step, CounterError]]

    def answer(self, reached: int) -> None:
        """Answer each step, given the index that the write produced; 0 if there was no write."""
        for step, offset in self.moving:
            step.resolve(reached + offset)
        for step, failure in self.refused:
            step.reject(failure)


def plan_steps(steps: Sequence[Step], *, max_index: int, known: int | None = None) -> Plan:
    """Plan one write for all `steps`.

    Args:
        steps: At least one.
        max_index: The highest index that a step forward may reach.
        known: The stored index, from 0 to `INDEX_LIMIT`, if it came back with a failed condition.
            Without it, and without a reset, no step is refused. Instead the condition fails if a
            step would have to be refused.
    """
    resets = [step for step in steps if step.operation is Operation.RESET]
    forward = [step for step in steps if step.operation is Operation.NEXT]
    back = [step for step in steps if step.operation is Operation.PREVIOUS]
    start = 0 if resets else known

    back_first = start is not None and start + len(forward) > max_index
    lowest = len(back) if back_first else max(0, len(back) - len(forward))
    highest = (
        max_index - len(forward) + (len(back) if back_first else 0) if forward else INDEX_LIMIT
    )
    fitting_forward, fitting_back = len(forward), len(back)
    refused: list[tuple[Step, CounterError]] = []
    if start is not None:
        if back_first:
            fitting_back = min(fitting_back, start)
            at_turn = start - fitting_back
            fitting_forward = min(fitting_forward, max(0, max_index - at_turn))
            past_end_at, before_start_at = at_turn + fitting_forward, at_turn
        else:
            at_turn = start + fitting_forward
            fitting_back = min(fitting_back, at_turn)
            past_end_at, before_start_at = at_turn, at_turn - fitting_back
        refused += [(step, PastEnd(past_end_at)) for step in forward[fitting_forward:]]
        refused += [(step, BeforeStart(before_start_at)) for step in back[fitting_back:]]
        if refused:
            # The refusals hold only for this start, so the write requires exactly this index.
            lowest = highest = start

    net = fitting_forward - fitting_back
    before_forward = -net - fitting_back if back_first else -net
    before_back = -net if back_first else -net + fitting_forward
    moving = [(step, -net) for step in resets]
    moving += [(step, before_forward + n) for n, step in enumerate(forward[:fitting_forward], 1)]
    moving += [(step, before_back - n) for n, step in enumerate(back[:fitting_back], 1)]
    movement = Movement(net, bool(resets), lowest, min(highest, INDEX_LIMIT)) if moving else None
    return Plan(movement, moving, refused)
