"""The Fibonacci numbers (OEIS A000045): F(0) = 0, F(1) = 1, F(n) = F(n-1) + F(n-2).

The numbers live in `decimal`, not in `int`, since they leave only as decimal text: libmpdec
adds and prints in time linear in the digits and multiplies by number-theoretic transform, while
CPython prints an `int` in quadratic time and refuses past 4,300 digits, that is from F(20578).

A number is reached bottom-up, by addition, from the nearest pair remembered. Where that is far,
the pair comes from nothing by fast doubling, with the identities

    F(2k)   = F(k) * (2 F(k+1) - F(k))
    F(2k+1) = F(k)^2 + F(k+1)^2

(Dijkstra, EWD654, "In honour of Fibonacci", 1978), about log2(n) multiplications.
"""

import threading
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation

from cachetools import LRUCache

FIRST_VALUES = 50
"""How many values stand ready from the start, F(0) to F(49)."""

# Addition is linear and doubling is not: at a distance of about a thousand additions the two
# cost the same, at index 100,000 as at 1,000,000.
_LONGEST_WALK = 1_000

# A context of our own, since the ambient one differs per thread and per greenlet. Ten million
# digits reach past F(47,000,000); libmpdec reserves memory by the operands, not by `prec`.
# `Inexact` raises rather than lose a digit.
_EXACT = Context(prec=10_000_000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, InvalidOperation])

_TWO = Decimal(2)


def _doubled(index: int) -> tuple[Decimal, Decimal]:
    """Return (F(index), F(index + 1)) by fast doubling."""
    low, high = Decimal(0), Decimal(1)
    for bit in f"{index:b}":
        even = _EXACT.multiply(low, _EXACT.subtract(_EXACT.multiply(_TWO, high), low))
        odd = _EXACT.add(_EXACT.multiply(low, low), _EXACT.multiply(high, high))
        low, high = (odd, _EXACT.add(even, odd)) if bit == "1" else (even, odd)
    return low, high


def _size_in_bytes(value: Decimal) -> int:
    return value.__sizeof__()  # counts what libmpdec allocated for the digits


class Fibonacci:
    """The sequence, remembering what it computed within a bound in bytes.

    Safe to share between threads and greenlets.

    Args:
        memo_bytes: How much memory the remembered values and their texts may take, together.

    >>> Fibonacci().digits(10)
    b'55'
    >>> len(Fibonacci().digits(20_578))
    4301
    """

    def __init__(self, *, memo_bytes: int = 32 * 2**20) -> None:
        self._lock = threading.Lock()
        self._values: LRUCache[int, Decimal] = LRUCache(memo_bytes // 2, getsizeof=_size_in_bytes)
        self._digits: LRUCache[int, bytes] = LRUCache(memo_bytes // 2, getsizeof=len)
        low, high = Decimal(0), Decimal(1)
        first = []
        for _ in range(FIRST_VALUES):
            first.append(low)
            low, high = high, _EXACT.add(low, high)
        self._first = tuple(first)
        self._last_index = 0  # of the pair (F(index), F(index + 1)) reached last
        self._last_pair = (first[0], first[1])

    def digits(self, index: int) -> bytes:
        """Return F(index) as ASCII decimal digits, without sign or leading zeros.

        Args:
            index: The position, from 0 to 47,000,000.

        Raises:
            ValueError: `index` is negative.
            decimal.Inexact: F(index) has more than ten million digits.
        """
        with self._lock:
            digits = self._digits.get(index)
            if digits is None:
                digits = str(self._value(index)).encode("ascii")
                if len(digits) <= self._digits.maxsize:
                    self._digits[index] = digits
            return digits

    def _value(self, index: int) -> Decimal:
        if index < 0:
            raise ValueError(f"the index is at least 0, not {index}")
        if index < FIRST_VALUES:
            return self._first[index]
        value = self._values.get(index)
        if value is None:
            value = self._reach(index)
        return value

    def _reach(self, index: int) -> Decimal:
        """Move the last pair to `index`, remembering each value on the way."""
        distance = index - self._last_index
        if abs(distance) > _LONGEST_WALK:
            self._last_pair = _doubled(index)
        else:
            low, high = self._last_pair
            for passed in range(self._last_index + 1, index + 1):
                low, high = high, _EXACT.add(low, high)
                self._remember(passed, low)
            for passed in range(self._last_index - 1, index - 1, -1):
                low, high = _EXACT.subtract(high, low), low
                self._remember(passed, low)
            self._last_pair = low, high
        self._last_index = index
        self._remember(index, self._last_pair[0])
        return self._last_pair[0]

    def _remember(self, index: int, value: Decimal) -> None:
        if _size_in_bytes(value) <= self._values.maxsize:
            self._values[index] = value
