"""The counter and the Fibonacci numbers together: each operation returns index and value."""

from dataclasses import dataclass

from fibcore.counter import Counter
from fibcore.fibonacci import Fibonacci


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the sequence.

    Attributes:
        index: The position; F(0) = 0, F(1) = 1.
        value: F(index) as ASCII decimal digits.
    """

    index: int
    value: bytes


class FibonacciSequence:
    """Steps through the Fibonacci sequence. Its methods raise the errors of the counter.

    Args:
        counter: Keeps the index.
        fibonacci: Computes the number at an index.
    """

    def __init__(self, counter: Counter, fibonacci: Fibonacci) -> None:
        self._counter = counter
        self._fibonacci = fibonacci

    def current(self) -> Term:
        """Return the term at the counter's index."""
        return self._term(self._counter.current())

    def next(self) -> Term:
        """Step forward and return the term reached."""
        return self._term(self._counter.next())

    def previous(self) -> Term:
        """Step back and return the term reached."""
        return self._term(self._counter.previous())

    def reset(self) -> Term:
        """Go to index 0 and return the term there."""
        return self._term(self._counter.reset())

    def _term(self, index: int) -> Term:
        return Term(index, self._fibonacci.digits(index))
