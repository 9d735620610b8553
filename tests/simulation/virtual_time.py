"""Virtual time: greenlets that run one at a time, on a clock that jumps to the next event.

A thread, an event or a sleep of the code under test becomes a greenlet, a list of waiters or an
entry in a heap. Nothing waits in real time, and one seed always gives the same run. simpy has the
same heap, but its processes are generators, and the code under test is plain blocking code.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from threading import Lock
from types import SimpleNamespace
from typing import Any
from unittest import mock

from fibcore.counter import batch, batch_queue
from fibcore.dynamodb import client
from gevent.local import local
from greenlet import getcurrent, greenlet


class VirtualTime:
    """A clock in seconds, and everything that happens at its times.

    Args:
        random: Orders what happens at the same time; None keeps the order of scheduling.
    """

    def __init__(self, random: Random | None = None) -> None:
        self.now = self._until = 0.0
        self._events: list[tuple[float, float, int, Callable[[], object]]] = []
        self._tie = random.random if random else lambda: 0.0
        self._sequence = count()
        self._loop = getcurrent()

    def clock(self) -> float:
        """Return the time in seconds."""
        return self.now

    def at(self, time: float, call: Callable[[], object]) -> None:
        """Call `call` at `time`, which is not in the past."""
        heappush(self._events, (time, self._tie(), next(self._sequence), call))

    def spawn(self, target: Callable[[], object]) -> None:
        """Run `target` in a new greenlet, beginning now, with the caller's context variables."""
        started = greenlet(target, self._loop)
        started.gr_context = copy_context()
        self.at(self.now, started.switch)

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass for the greenlet that calls this."""
        time = self.now + seconds
        if time <= self._until and (not self._events or time < self._events[0][0]):
            self.now = time  # Nothing else happens before that, so no other greenlet has its turn.
        else:
            self.at(time, getcurrent().switch)
            self._loop.switch()

    def wait(self) -> None:
        """Stop the greenlet that calls this until somebody switches to it."""
        self._loop.switch()

    def run(self, until: float) -> None:
        """Let everything happen that happens by the time `until`."""
        self._until = until
        while self._events and self._events[0][0] <= until:
            self.now, _, _, call = heappop(self._events)
            call()
        self.now = until

    @contextmanager
    def in_place_of_threads(self, sleep: Callable[[float], None]) -> Iterator[None]:
        """Run the counter's queues on this clock; `sleep` stands for `time.sleep`."""
        threads = SimpleNamespace(
            Thread=self._thread, Event=lambda: Event(self), Lock=Lock, local=local
        )
        with ExitStack() as stack:
            for module in (batch, batch_queue, client):
                stack.enter_context(mock.patch.object(module, "threading", threads))
            stack.enter_context(
                mock.patch.object(batch_queue, "time", SimpleNamespace(sleep=sleep))
            )
            yield

    def _thread(self, *, target: Callable[[], object], **_: Any) -> SimpleNamespace:
        return SimpleNamespace(start=lambda: self.spawn(target))


class Event:
    """`threading.Event` on a virtual clock."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self._is_set = False
        self._waiters: list[list[greenlet]] = []

    def is_set(self) -> bool:
        """Tell whether the event is set."""
        return self._is_set

    def set(self) -> None:
        """Set the event and wake all who wait for it."""
        self._is_set = True
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            self._time.at(self._time.now, partial(_wake, waiter))

    def clear(self) -> None:
        """Unset the event."""
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the event is set, at most `timeout` seconds, and tell whether it is set."""
        if not self._is_set:
            waiter = [getcurrent()]
            self._waiters.append(waiter)
            if timeout is not None:
                self._time.at(self._time.now + timeout, partial(_wake, waiter))
            self._time.wait()
        return self._is_set


def _wake(waiter: list[greenlet]) -> None:
    """Wake a waiter, unless its timeout or the event did so before."""
    if waiter:
        waiter.pop().switch()
