"""Exponential back-off with full jitter.

Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015, compares the ways to
spread the retries of many clients. Full jitter needs the fewest requests in total.
"""

from random import SystemRandom

_FIRST_SECONDS = 0.01
_LONGEST_SECONDS = 0.5

# A generator that is seeded at import would be the same in every environment that AWS Lambda
# restores from one snapshot. The operating system's generator is not.
_random = SystemRandom()


def backoff_seconds(tries: int) -> float:
    """Return a random wait before the next try, in seconds, at most half a second.

    Args:
        tries: How many tries have failed so far, at least 1.
    """
    return _random.uniform(0, min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0 ** min(tries, 16)))
