"""How long to wait before the next try: exponential back-off with full jitter.

Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015: of the ways to
spread the tries of many clients, full jitter needs the least work in total.
"""

from random import SystemRandom

_FIRST_SECONDS = 0.01
_LONGEST_SECONDS = 0.5

# The system's randomness, since a generator seeded at import is the same in every environment
# that AWS Lambda restores from one snapshot.
_random = SystemRandom()


def backoff_seconds(tries: int) -> float:
    """Return a random wait before the next try, in seconds, at most half a second.

    Args:
        tries: How many have failed so far, at least 1.
    """
    return _random.uniform(0, min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0 ** min(tries, 16)))
