"""A token bucket, as DynamoDB limits the writes and the reads of one partition."""

import time
from collections.abc import Callable

WRITE_UNITS = 1_000.0
READ_UNITS = 3_000.0
"""How many writes and reads of one item a partition takes in a second."""


class TokenBucket:
    """So many units a second, of which unused ones are kept for some time.

    Args:
        units: Units a second.
        kept_seconds: For how many seconds unused units are kept.
        clock: Monotonic, in seconds.
    """

    def __init__(
        self,
        units: float,
        kept_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._units = units
        self._most = self._left = units * kept_seconds
        self._clock = clock
        self._since = clock()

    def take(self) -> bool:
        """Take one unit; return False if there is none."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._since) * self._units)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
