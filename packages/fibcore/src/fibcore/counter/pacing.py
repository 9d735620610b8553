"""Congestion control: a process sends less often while DynamoDB throttles its requests.

DynamoDB takes 1,000 writes and 3,000 reads a second for one item, from all processes together. It
throttles requests beyond that, and it does not say how much each process may send. So each process
searches for its share, like TCP's CUBIC (RFC 9438), which botocore's adaptive retries follow too.
The process cuts its rate at each throttled request, climbs back to its goal, stays near it for a
while, and then climbs faster and faster, because capacity may have become free.

CUBIC's goal is the rate at which a request was last lost. Here the goal for writes is an equal
share of the writes that DynamoDB carries out for all writers together. The item holds the sequence
number of each writer's last write, so every writer sees how many writers there are and how much
they send in total. A writer that joins or leaves changes the shares of all others within two
seconds. The goal for reads is fixed: DynamoDB's limit divided by `WRITERS_LIMIT`.

A lower rate costs latency, but not throughput, because batches grow while they wait.
"""

import math
import time
from collections.abc import Callable, Mapping
from random import SystemRandom
from typing import Any, Final

from fibcore.dynamodb.writer_registry import WRITERS_LIMIT

_OBSERVE_SECONDS: Final = 0.5
"""How often a process observes the others while it is throttled."""

_LONGEST_OBSERVATION_SECONDS: Final = 1.5
"""An observation over more time than this may include a time in which nobody sent anything, so it
is ignored."""

_CUT: Final = 0.85
_FIRST_CUT: Final = 0.7
"""The rate after a throttled request, as a share of the rate before it, or of the goal if that
is lower. `_FIRST_CUT` applies until a process knows the total rate, because its own rate may be far
too high. For reads, a process never knows the total rate."""

_CLIMB_SECONDS: Final = 3.0
_CLIMB_REQUESTS: Final = 20
"""The climb from a cut to the goal takes `_CLIMB_SECONDS`, plus the time of `_CLIMB_REQUESTS`
requests at the goal's rate."""

_JITTER: Final = 0.25
"""How far the time between two requests varies, as a share of it. Without it, processes with the
same rate would keep their order, and the last of them would be throttled again and again."""

_random = SystemRandom()


class Pacer:
    """Decides when the next request may be sent. It never waits if no request was throttled.

    Args:
        units: How many requests a second DynamoDB takes from all processes together.
        longest_wait: The longest time between two requests, in seconds.
        clock: Monotonic, in seconds.
        pause: Waits for the given number of seconds.
    """

    def __init__(
        self,
        units: float,
        *,
        longest_wait: float,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._units = units
        self._longest_wait = longest_wait
        self._clock = clock
        self._pause = pause
        self._goal = units / WRITERS_LIMIT
        self._capacity = 0.0
        self._cut_rate = math.inf
        self._cut_at = self._next_at = 0.0
        self._sent = self._throttled = 0
        self._numbers: Mapping[Any, int] = {}
        self._observed_at = -math.inf

    @property
    def is_active(self) -> bool:
        """Whether requests are spaced out."""
        return self._cut_rate < math.inf

    @property
    def observe_seconds(self) -> float:
        """How often to call `observe`, in seconds."""
        return _OBSERVE_SECONDS if self.is_active else math.inf

    def wait(self) -> None:
        """Wait until the next request may be sent."""
        self._sent += 1
        if not self.is_active:
            return
        now = self._clock()
        if now < self._next_at:
            self._pause(self._next_at - now)
            now = self._clock()
        if self._rate(now) > self._units:
            # A rate above DynamoDB's limit restrains nothing, so spacing out ends.
            self._cut_rate = math.inf
        self._next_at = now + self._seconds_between(now)

    def back_off(self) -> None:
        """Cut the rate because a request was throttled, and wait before it is sent again."""
        now = self._clock()
        self._throttled += 1
        cut = _CUT if self._capacity else _FIRST_CUT
        self._cut_rate = cut * min(self._rate(now), self._goal)
        self._cut_at = now
        seconds = self._seconds_between(now)
        self._next_at = now + seconds
        self._pause(_random.uniform(0, seconds))

    def observe(self, numbers: Mapping[Any, int]) -> None:
        """Set the goal to an equal share of what all writers write.

        Args:
            numbers: How many requests each writer has sent so far, including throttled ones.
        """
        now = self._clock()
        seconds = now - self._observed_at
        sent = [each - self._numbers.get(writer, each) for writer, each in numbers.items()]
        writers = sum(1 for each in sent if each)
        self._numbers, self._observed_at = numbers, now
        if writers and _OBSERVE_SECONDS / 2 <= seconds <= _LONGEST_OBSERVATION_SECONDS:
            # This assumes that each process has the same share of its requests throttled.
            throttled = self._throttled / max(1, self._sent + self._throttled)
            carried_out = sum(sent) / seconds * (1 - throttled)
            if self._throttled or carried_out > self._capacity:
                self._capacity = carried_out
            self._goal = max(self._capacity / writers, 1 / self._longest_wait)
            if self.is_active:
                self._cut_rate = min(self._cut_rate, _CUT * self._goal)
        self._sent = self._throttled = 0

    def _rate(self, now: float) -> float:
        """Return the rate in requests a second: a cubic curve that is flat at the goal."""
        if not self.is_active:
            return math.inf
        climb = _CLIMB_SECONDS + _CLIMB_REQUESTS / self._goal
        progress = (now - self._cut_at) / climb
        return self._goal + (self._goal - self._cut_rate) * (progress - 1) ** 3

    def _seconds_between(self, now: float) -> float:
        seconds = _random.uniform(1 - _JITTER, 1 + _JITTER) / self._rate(now)
        return min(seconds, self._longest_wait)
