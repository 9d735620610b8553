"""`InvalidSettings`, and the errors of a counter, which say whether a step was counted.

- CounterError
  - BeforeStart      nothing moved
  - PastEnd          nothing moved
  - Unavailable      nothing moved, and nothing will move later (but see `Refused` below)
  - OutcomeUnknown   the counter may have moved, or may still move

These classes know nothing of HTTP: `http/problems.py` maps each error to a problem document.
"""


class CounterError(Exception):
    """A counter could not carry out an operation."""


class BeforeStart(CounterError):
    """A step back was refused at index 0; nothing moved.

    Attributes:
        index: Where the refused step found the counter.
    """

    def __init__(self, index: int) -> None:
        super().__init__(f"previous was refused at index {index}")
        self.index = index


class PastEnd(CounterError):
    """A step forward was refused at the highest index; nothing moved.

    Attributes:
        index: Where the refused step found the counter.
    """

    def __init__(self, index: int) -> None:
        super().__init__(f"next was refused at index {index}")
        self.index = index


class Unavailable(CounterError):
    """The step was not counted, and it never will be.

    Only the subclass `Refused` (`dynamodb/error_classification.py`) does not promise this, because
    a proxy may have sent the request twice, and DynamoDB may have rejected one copy and applied the
    other.

    Attributes:
        transient: Whether the same request may succeed a moment later, for instance after
            throttling, so that it makes sense to try again.
    """

    def __init__(self, reason: str, *, transient: bool = False) -> None:
        super().__init__(reason)
        self.transient = transient


class OutcomeUnknown(CounterError):
    """The outcome of a write with this step is unknown, so the step may have been counted."""


class InvalidSettings(ValueError):
    """The environment variables are invalid; the text says in one line what to set."""
