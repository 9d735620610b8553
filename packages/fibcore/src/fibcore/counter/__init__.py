"""The `Counter` protocol and its operations: current, next, previous, reset."""

from enum import Enum
from typing import Protocol


class Operation(Enum):
    """An operation that a client can ask for."""

    CURRENT = "current"
    NEXT = "next"
    PREVIOUS = "previous"
    RESET = "reset"


class Counter(Protocol):
    """One linearizable index, shared by every process that opens it.

    Every method raises `Unavailable` if the counter cannot answer. Then nothing moved, and nothing
    will move; the docstring of `Unavailable` names one exception to this. The three methods that
    move the index raise `OutcomeUnknown` if the step may have been counted.
    """

    def current(self) -> int:
        """Return the index that the counter had at some moment during this call."""
        ...

    def next(self) -> int:
        """Move one step forward and return the index that this very step reached.

        Raises:
            PastEnd: The counter was at its highest index. Nothing moved.
        """
        ...

    def previous(self) -> int:
        """Move one step back and return the index that this very step reached.

        Raises:
            BeforeStart: The counter was at 0. Nothing moved.
        """
        ...

    def reset(self) -> int:
        """Move to index 0 and return it. This also repairs an invalid stored index."""
        ...
