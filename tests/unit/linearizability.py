"""Whether a history of steps is one that a single counter could have given.

The search of Wing and Gong, "Testing and Verifying Concurrent Objects" (1993), remembering the
states already tried, as Lowe, "Testing for Linearizability" (2017), proposes.
"""

from dataclasses import dataclass

from fibcore.errors import BeforeStart, CounterError, OutcomeUnknown, PastEnd, Unavailable
from fibcore.plan import Kind


@dataclass(frozen=True)
class Operation:
    """One request: what was asked, what was answered, and when, by any clock that only grows."""

    kind: Kind
    invoked: float
    answered: float
    outcome: int | CounterError


def is_linearizable(history: list[Operation], *, start: int, max_index: int) -> bool:
    """Tell whether some order of the operations that keeps to their times explains the answers.

    Those of unknown outcome may have happened at any time after they were asked for, or never;
    those that were unavailable did not.
    """
    operations = [op for op in history if not isinstance(op.outcome, Unavailable)]
    ends = [
        float("inf") if isinstance(op.outcome, OutcomeUnknown) else op.answered for op in operations
    ]
    tried: set[tuple[frozenset[int], int]] = set()
    pending = [(frozenset(range(len(operations))), start)]
    while pending:
        left, index = state = pending.pop()
        if state in tried:
            continue
        tried.add(state)
        if all(ends[number] == float("inf") for number in left):
            return True
        earliest_end = min(ends[number] for number in left)
        for number in left:
            operation = operations[number]
            if operation.invoked > earliest_end:
                continue
            after = _after(operation, index, max_index)
            if after is not None:
                pending.append((left - {number}, after))
    return False


def _after(operation: Operation, index: int, max_index: int) -> int | None:
    """Return the index after the operation, or None where it can't be answered so at `index`."""
    outcome = operation.outcome
    match outcome:
        case PastEnd():
            return index if outcome.index == index >= max_index else None
        case BeforeStart():
            return index if outcome.index == index == 0 else None
    after = {
        Kind.CURRENT: index,
        Kind.NEXT: index + 1,
        Kind.PREVIOUS: index - 1,
        Kind.RESET: 0,
    }[operation.kind]
    if (operation.kind is Kind.NEXT and after > max_index) or after < 0:
        return None
    return after if isinstance(outcome, OutcomeUnknown) or outcome == after else None
