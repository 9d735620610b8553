"""The Fibonacci numbers (OEIS A000045): F(0) = 0, F(1) = 1, F(n) = F(n-1) + F(n-2).

The numbers are kept as `decimal.Decimal`, not as `int`, because they are only ever used as decimal
text. libmpdec, the C library behind `decimal`, adds and prints in time linear in the number of
digits, and it multiplies by a number-theoretic transform. CPython 3.11 prints an `int` in quadratic
time, and every version by default refuses to print one of more than 4,300 digits. F(20578) is the
first that is longer.

A number is computed from the last pair (F(i), F(i+1)) that was reached, by additions if its index
is higher and by subtractions if it is lower. If that pair is far away, the new pair is computed
from scratch by fast doubling, which takes about log2(n) rounds of four multiplications, with the
identities

    F(2k)   = F(k) * (2 F(k+1) - F(k))
    F(2k+1) = F(k)^2 + F(k+1)^2

from Dijkstra, EWD654, "In honour of Fibonacci", 1978.
"""

import threading
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation

from cachetools import LRUCache

FIRST_VALUES = 50
"""How many values are computed in advance, F(0) to F(49)."""

# At most this many additions lead from the last pair to a new one; beyond that the number is
# computed from scratch. A thousand additions take about as long as fast doubling does, both at
# index 100,000 and at 1,000,000.
_LONGEST_WALK = 1_000

# `decimal`'s current context differs per thread and per greenlet, so this module has its own
# context. Ten million digits are enough for F(47,000,000). libmpdec allocates memory according to
# the size of its operands, not according to `prec`. The trap on `Inexact` raises an error before a
# digit is lost.
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
    """The Fibonacci numbers, with a bounded memo of the values that were computed.

    Threads and greenlets may share an instance.

    Args:
        memo_bytes: How many bytes the memo may take, values and their texts together.

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
        self._last_index = 0  # The index of the last pair (F(index), F(index + 1)).
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
            raise ValueError(f"the index must be at least 0, not {index}")
        if index < FIRST_VALUES:
            return self._first[index]
        value = self._values.get(index)
        if value is None:
            value = self._reach(index)
        return value

    def _reach(self, index: int) -> Decimal:
        """Compute F(index), from the last pair if it is near, and remember the values."""
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
