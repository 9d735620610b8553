"""The pacer: when it waits, how it slows down, and how it finds its share."""

from itertools import pairwise
from random import Random

import pytest
from fibcore.counter import pacing
from fibcore.counter.pacing import Pacer

LONGEST_WAIT = 0.5


class Clock:
    """A clock that only pauses move."""

    def __init__(self) -> None:
        self.now = 100.0

    def pause(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(pacing, "_random", Random(1))
    return Clock()


def pacer_on(clock: Clock) -> Pacer:
    return Pacer(1_000, longest_wait=LONGEST_WAIT, clock=lambda: clock.now, pause=clock.pause)


def rate_over(pacer: Pacer, clock: Clock, requests: int) -> float:
    """Return the rate of requests that are each sent as soon as the pacer allows."""
    start = clock.now
    for _ in range(requests):
        pacer.wait()
    return requests / (clock.now - start)


def observe_equal_writers(pacer: Pacer, clock: Clock, *, writers: int, each: int) -> None:
    """Let the pacer observe for a second that each writer sends so many requests."""
    pacer.observe(dict.fromkeys(range(writers), 0))
    clock.now += 1
    pacer.observe(dict.fromkeys(range(writers), each))


def test_never_waits_without_a_throttle(clock: Clock) -> None:
    pacer = pacer_on(clock)
    for _ in range(1_000):
        pacer.wait()
    assert clock.now == 100
    assert not pacer.is_active


def test_first_throttle_cuts_below_an_equal_share(clock: Clock) -> None:
    pacer = pacer_on(clock)
    pacer.back_off()
    assert 15 < rate_over(pacer, clock, 20) < 1_000 / 32


def test_each_throttle_cuts_the_rate_further(clock: Clock) -> None:
    pacer = pacer_on(clock)
    pacer.back_off()
    once = rate_over(pacer, clock, 5)
    for _ in range(5):
        pacer.back_off()
    assert rate_over(pacer, clock, 5) < once / 2


def test_goal_is_an_equal_share(clock: Clock) -> None:
    pacer = pacer_on(clock)
    pacer.back_off()
    observe_equal_writers(pacer, clock, writers=10, each=90)
    clock.now += 3
    assert rate_over(pacer, clock, 40) == pytest.approx(90, rel=0.15)


def test_throttled_requests_are_not_capacity(clock: Clock) -> None:
    pacer = pacer_on(clock)
    pacer.observe({0: 0, 1: 0})
    pacer.wait()
    pacer.back_off()
    clock.now += 1
    pacer.observe({0: 90, 1: 90})  # Half of them were throttled.
    clock.now += 3
    assert rate_over(pacer, clock, 40) == pytest.approx(45, rel=0.15)


def test_fewer_writers_have_more_each(clock: Clock) -> None:
    pacer = pacer_on(clock)
    pacer.back_off()
    pacer.wait()
    observe_equal_writers(pacer, clock, writers=10, each=60)
    clock.now += 3
    among_ten = rate_over(pacer, clock, 20)
    pacer.observe(dict.fromkeys(range(10), 100))
    clock.now += 1
    pacer.observe({0: 160, 1: 160})
    clock.now += 1
    assert rate_over(pacer, clock, 20) > 2 * among_ten


def test_rate_climbs_until_nothing_waits(clock: Clock) -> None:
    pacer = pacer_on(clock)
    pacer.back_off()
    rates = []
    while pacer.is_active:
        rates.append(rate_over(pacer, clock, 20))
        assert clock.now < 200
    assert rates[-1] > 500
    assert all(later > 0.8 * earlier for earlier, later in pairwise(rates))


def test_no_wait_is_longer_than_allowed(clock: Clock) -> None:
    pacer = pacer_on(clock)
    for _ in range(100):
        pacer.back_off()
    pacer.observe({0: 0})
    clock.now += 1
    pacer.observe({0: 1})
    for _ in range(100):
        before = clock.now
        pacer.wait()
        pacer.back_off()
        assert clock.now - before <= 2 * LONGEST_WAIT


def test_observation_over_a_break_is_ignored(clock: Clock) -> None:
    pacer = pacer_on(clock)
    observe_equal_writers(pacer, clock, writers=1, each=500)
    pacer.back_off()
    clock.now += 60
    pacer.observe({0: 501})
    pacer.back_off()
    assert rate_over(pacer, clock, 20) > 100


def test_each_throttle_cuts_a_known_share(clock: Clock) -> None:
    pacer = pacer_on(clock)
    observe_equal_writers(pacer, clock, writers=10, each=90)
    for _ in range(5):
        pacer.back_off()
    assert rate_over(pacer, clock, 10) < 90 / 1.5


def test_throttled_request_is_repeated_later(clock: Clock) -> None:
    pacer = pacer_on(clock)
    waits = []
    for _ in range(20):
        before = clock.now
        pacer.back_off()
        waits.append(clock.now - before)
    assert 0 < min(waits) < max(waits) <= LONGEST_WAIT


def test_a_rate_is_left_if_all_is_throttled(clock: Clock) -> None:
    pacer = pacer_on(clock)
    pacer.observe({0: 0})
    pacer.back_off()
    clock.now += 1
    pacer.observe({0: 1})
    assert rate_over(pacer, clock, 5) >= 0.8 / LONGEST_WAIT


def test_more_writers_have_less_each_at_once(clock: Clock) -> None:
    pacer = pacer_on(clock)
    observe_equal_writers(pacer, clock, writers=2, each=100)
    pacer.back_off()
    pacer.observe(dict.fromkeys(range(20), 200))
    clock.now += 1
    pacer.observe(dict.fromkeys(range(20), 210))
    rates = [rate_over(pacer, clock, 10) for _ in range(5)]
    assert max(rates) < 15
    assert min(rates) > 5


def test_times_between_requests_vary(clock: Clock) -> None:
    pacer = pacer_on(clock)
    pacer.back_off()
    times = []
    for _ in range(20):
        pacer.wait()
        times.append(clock.now)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps != sorted(gaps, reverse=True)  # The climb alone only makes them shorter.
