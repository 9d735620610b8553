"""What any counter can do, whoever keeps it."""

from enum import Enum
from typing import Protocol


class Operation(Enum):
    """What a client can ask of a counter."""

    CURRENT = "current"
    NEXT = "next"
    PREVIOUS = "previous"
    RESET = "reset"


class Counter(Protocol):
    """One linearizable index, shared by every process that opens it.

    Every method raises `Unavailable` when the step was surely not counted, and the three that
    move raise `OutcomeUnknown` when it may have been.
    """

    def current(self) -> int:
        """Return the index as it stood at some moment during this call."""
        ...

    def next(self) -> int:
        """Move one step forward and return the index that this very step reached.

        Raises:
            PastEnd: The counter stood at its highest index. Nothing moved.
        """
        ...

    def previous(self) -> int:
        """Move one step back and return the index that this very step reached.

        Raises:
            BeforeStart: The counter stood at 0. Nothing moved.
        """
        ...

    def reset(self) -> int:
        """Move to index 0 and return it; mends an index that is no sound number."""
        ...
