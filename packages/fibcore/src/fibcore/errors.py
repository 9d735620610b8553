"""The ways a counter can fail, each saying what became of the step.

- CounterError
  - BeforeStart      moved nothing
  - PastEnd          moved nothing
  - Unavailable      moved nothing, now or later
  - OutcomeUnknown   may have moved, or may still

No class here knows of HTTP: `contract.py` maps each to its problem document.
"""


class CounterError(Exception):
    """A counter could not do what was asked."""


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
    """The step was surely not counted, and never will be.

    Attributes:
        transient: Whether the same request may well succeed a moment later (throttling, a
            refused connection), so that trying again makes sense.
    """

    def __init__(self, reason: str, *, transient: bool = False) -> None:
        super().__init__(reason)
        self.transient = transient


class OutcomeUnknown(CounterError):
    """A write with this step was sent and no answer came: it may have been counted."""


class InvalidSettings(ValueError):
    """The environment does not configure the process; the text is one line that says why."""
