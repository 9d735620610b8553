"""A token bucket, as DynamoDB limits the writes and the reads of one partition."""

import time


class TokenBucket:
    """So many units a second, of which unused ones are kept for up to one second."""

    def __init__(self, units: float) -> None:
        self._units = units
        self._left = units
        self._since = time.monotonic()

    def take(self) -> bool:
        """Take one unit; return False if there is none."""
        now = time.monotonic()
        self._left = min(self._units, self._left + (now - self._since) * self._units)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
