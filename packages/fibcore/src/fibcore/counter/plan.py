"""Plan one write for many steps: which step gets which index, and under which condition.

The steps of one plan all wait while it is written, so any order among them is linearizable. The
plan resets first, then steps forward, then back; near the upper end it steps back before
forward, so that fewer are refused. The condition bounds the highest and the lowest index that
any step of the plan is answered with, not only the last.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fibcore.counter import Operation
from fibcore.dynamodb.repository import Movement
from fibcore.errors import BeforeStart, CounterError, OutcomeUnknown, PastEnd
from fibcore.settings import INDEX_LIMIT


@dataclass(eq=False, slots=True)
class Step:
    """One move of one client: a future that is resolved or rejected once.

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


@dataclass(slots=True)
class Plan:
    """Steps in their order, and the one movement that applies all of them.

    Attributes:
        movement: What to write, or None if every step is refused.
        refused: The steps that do not fit, each with its failure.
    """

    movement: Movement | None
    resets: list[Step] = field(default_factory=list)
    forward: list[Step] = field(default_factory=list)
    back: list[Step] = field(default_factory=list)
    back_first: bool = False
    refused: list[tuple[Step, CounterError]] = field(default_factory=list)

    def answer(self, reached: int) -> None:
        """Answer each step, given the index that the write produced; 0 if there was no write."""
        for step in self.resets:
            step.resolve(0)
        before = reached - len(self.forward) + len(self.back)
        if self.back_first:
            first_forward, first_back = before - len(self.back), before
        else:
            first_forward, first_back = before, before + len(self.forward)
        for ordinal, step in enumerate(self.forward, start=1):
            step.resolve(first_forward + ordinal)
        for ordinal, step in enumerate(self.back, start=1):
            step.resolve(first_back - ordinal)
        for step, failure in self.refused:
            step.reject(failure)


def plan_steps(steps: Sequence[Step], *, max_index: int, known: int | None = None) -> Plan:
    """Plan one write for all `steps`.

    Args:
        steps: At least one.
        max_index: The highest index that a step forward may reach.
        known: The stored index, from 0 to `INDEX_LIMIT`, where a read or a refused write told
            it. Without it no step is refused: the condition fails where one would have to be.
    """
    resets = [step for step in steps if step.operation is Operation.RESET]
    forward = [step for step in steps if step.operation is Operation.NEXT]
    back = [step for step in steps if step.operation is Operation.PREVIOUS]
    restart = bool(resets)
    start = 0 if restart else known

    if start is None:
        movement = Movement(
            net=len(forward) - len(back),
            restart=False,
            lowest=max(0, len(back) - len(forward)),
            highest=max_index - len(forward) if forward else INDEX_LIMIT,
        )
        return Plan(movement, forward=forward, back=back)

    back_first = start + len(forward) > max_index
    if back_first:
        fitting_back = min(len(back), start)
        at_turn = start - fitting_back
        fitting_forward = min(len(forward), max(0, max_index - at_turn))
        past_end_at, before_start_at = at_turn + fitting_forward, at_turn
        lowest = len(back)
        highest = max_index - len(forward) + len(back) if forward else INDEX_LIMIT
    else:
        fitting_forward = len(forward)
        at_turn = start + fitting_forward
        fitting_back = min(len(back), at_turn)
        past_end_at, before_start_at = at_turn, at_turn - fitting_back
        lowest = max(0, len(back) - len(forward))
        highest = max_index - len(forward) if forward else INDEX_LIMIT

    refused: list[tuple[Step, CounterError]] = [
        (step, PastEnd(past_end_at)) for step in forward[fitting_forward:]
    ]
    refused += [(step, BeforeStart(before_start_at)) for step in back[fitting_back:]]
    if refused:
        # What is refused, and where, is true of this very start only.
        lowest = highest = start

    moves = restart or fitting_forward or fitting_back
    return Plan(
        Movement(fitting_forward - fitting_back, restart, lowest, min(highest, INDEX_LIMIT))
        if moves
        else None,
        resets=resets,
        forward=forward[:fitting_forward],
        back=back[:fitting_back],
        back_first=back_first,
        refused=refused,
    )
