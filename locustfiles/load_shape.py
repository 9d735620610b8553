"""The shape of a load, in stages: each one changes or holds the rate for some seconds."""

import time
from typing import ClassVar, NamedTuple

from locust import LoadTestShape

from locustfiles.fib_user import RATE, users


class Stage(NamedTuple):
    """One stage of a load.

    Attributes:
        seconds: How long it lasts.
        start: Its first rate, as a part of `RATE`.
        end: Its last; in between it is interpolated.
    """

    seconds: float
    start: float
    end: float


class StagedShape(LoadTestShape):
    """Follows `stages`; the last one in which start and end are 1 is the one that is judged."""

    abstract = True
    stages: ClassVar[tuple[Stage, ...]] = ()

    def tick(self) -> tuple[int, float] | None:
        """Return users and spawn rate for now, or None at the end."""
        passed = self.get_run_time()
        for stage in self.stages:
            if passed < stage.seconds:
                part = stage.start + (stage.end - stage.start) * passed / stage.seconds
                return users(RATE * part), min(100, users(RATE))
            passed -= stage.seconds
        return None

    def held(self) -> bool:
        """Tell whether the full rate is asked for just now."""
        passed = self.get_run_time()
        for stage in self.stages:
            if passed < stage.seconds:
                # What is spawned in the first second is not there yet.
                return stage.start == stage.end == 1 and passed > 1
            passed -= stage.seconds
        return False


class HeldRate:
    """Counts the answers while the full rate is asked for."""

    def __init__(self) -> None:
        self._answers = 0
        self._first = self._last = 0.0

    def count(self) -> None:
        """Count one answer, now."""
        self._last = time.monotonic()
        self._first = self._first or self._last
        self._answers += 1

    def per_second(self) -> float:
        """Return the rate, 0 where nothing was answered."""
        return self._answers / max(1.0, self._last - self._first) if self._answers else 0.0
