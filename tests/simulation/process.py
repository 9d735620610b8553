"""A server process in virtual time: the real counter on one core, and its clients."""

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from random import Random

from fibcore.counter import Operation
from fibcore.counter.batch import Batch
from fibcore.counter.batch_queue import GRACE_SECONDS
from fibcore.counter.batching import BatchingCounter
from fibcore.counter.plan import Step
from fibcore.errors import Unavailable

from tests.simulation.measurement import Measurement
from tests.simulation.partition import Partition, SimulatedTable

DEADLINE_SECONDS = 5.0
CONNECTIONS = 4_096

_current: ContextVar["Process"] = ContextVar("process")


def sleep_in_process(seconds: float) -> None:
    """Stand for `time.sleep` in the process that calls it."""
    _current.get().sleep(seconds)


class Core:
    """One core, which does one thing after the other.

    Attributes:
        free_at: When it will have done all that was given to it so far.
    """

    def __init__(self) -> None:
        self.free_at = 0.0

    def use(self, now: float, seconds: float) -> None:
        """Give it so many seconds of work."""
        self.free_at = max(self.free_at, now) + seconds


@dataclass(slots=True)
class _Group:
    """Steps that wait in the same batch: when each of them arrived, in order, and the steps."""

    batch: Batch
    arrivals: list[float] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


class Process:
    """One process, with clients that send steps at random and wait for nothing (an open loop).

    A step takes the core's time half when it arrives and half when it is answered. Steps that
    arrive while the worker waits are added when it goes on, because nobody looks before that: so
    millions of them are simulated in seconds.

    Attributes:
        is_dead: Whether it was killed.

    Args:
        partition: The item that it counts on.
        measurement: Where its answers are noted.
        random: Draws the arrivals.
        core: The core that it runs on, its own or a shared one.
        step_seconds: How long the core works for one step.
        call_seconds: How long the core works for one call to DynamoDB.
        max_index: The highest index.
    """

    def __init__(
        self,
        partition: Partition,
        measurement: Measurement,
        random: Random,
        *,
        core: Core,
        step_seconds: float,
        call_seconds: float,
        max_index: int,
    ) -> None:
        self._time = partition.time
        self._measurement = measurement
        self._random = random
        self._core = core
        self._half_a_step = step_seconds / 2
        self._half_a_call = call_seconds / 2
        self._rate = 0.0
        self._next_arrival = self._expected_arrival = math.inf
        self._waiting: deque[_Group] = deque()
        self.is_dead = False
        self._context = copy_context()
        self._context.run(_current.set, self)
        self.table = SimulatedTable(partition, self._call)
        self.counter = BatchingCounter(
            self.table,
            max_index=max_index,
            deadline_seconds=DEADLINE_SECONDS,
            queue_limit=CONNECTIONS,
            clock=self._time.clock,
            pause=self.sleep,
        )

    @property
    def requests(self) -> int:
        """How many requests it has sent to the table so far."""
        return self.table.sends

    def run(self, client: Callable[[], None]) -> None:
        """Run a client that waits for its answers (a closed loop)."""
        self._context.run(self._time.spawn, client)

    def offer(self, rate: float) -> None:
        """Let `rate` steps a second arrive from now on."""
        self._rate = rate
        wait = self._random.expovariate(rate) if rate else math.inf
        self._next_arrival = self._time.now + wait
        self._expect()

    def kill(self) -> None:
        """End it at once; its clients' connections break."""
        self.offer(0)
        self.is_dead = True
        self._measurement.cut += sum(len(group.steps) for group in self._waiting)
        self._waiting.clear()

    def use_core(self) -> None:
        """Let the core do what a step takes."""
        self._core.use(self._time.now, self._half_a_step * 2)
        self.sleep(0)

    def sleep(self, seconds: float) -> None:
        """Let the caller wait, and then wait for its turn on the core."""
        self._take_answers()
        self._time.sleep(seconds)
        self._arrive()
        while self._core.free_at > self._time.now:
            self._time.sleep(self._core.free_at - self._time.now)
        self._take_answers()
        if self.is_dead:
            self._time.wait()

    def _call(self, seconds: float) -> None:
        self._core.use(self._time.now, self._half_a_call)
        self.sleep(seconds)

    def _expect(self) -> None:
        """Look at the next step when it arrives, if the worker does not look at it before that."""
        if not self._waiting and self._next_arrival != self._expected_arrival:
            self._expected_arrival = self._next_arrival
            if self._next_arrival < math.inf:
                self._time.at(self._next_arrival, self._arrive)

    def _arrive(self) -> None:
        """Add the steps that have arrived until now."""
        now, arrival = self._time.now, self._next_arrival
        if arrival > now:
            return
        waiting, add, operation = self._waiting, self.counter.writes.add, Operation.NEXT
        work, free_at, mean_wait = self._half_a_step, self._core.free_at, 1 / self._rate
        random, log = self._random.random, math.log
        was_idle = not waiting
        batch = waiting[-1].batch if waiting else None
        arrivals, steps = (waiting[-1].arrivals, waiting[-1].steps) if waiting else ([], [])
        while arrival <= now:
            step = Step(operation)
            free_at = max(free_at, arrival) + work
            try:
                joined = add(step)
            except Unavailable as full:
                self._measurement.note(now, [arrival], [full])
            else:
                if joined is not batch:
                    batch, arrivals, steps = joined, [], []
                    waiting.append(_Group(batch, arrivals, steps))
                arrivals.append(arrival)
                steps.append(step)
            # `Random.expovariate` draws in the same way, but calling it takes longer.
            arrival -= log(1 - random()) * mean_wait
        self._next_arrival, self._core.free_at = arrival, free_at
        if was_idle:
            self._context.copy().run(self.counter.writes.wake_worker)

    def _take_answers(self) -> None:
        """Note the answers that were given, and let the steps leave whose deadline is over."""
        waiting, now = self._waiting, self._time.now
        while waiting:
            group = waiting[0]
            answered = len(group.steps)
            if group.batch.waiting:
                # A refused step waits as long again for a call in flight, as in `BatchQueue`.
                grace = GRACE_SECONDS * (1 + bool(group.batch.in_doubt))
                grace *= group.batch.was_refused
                answered = bisect_left(group.arrivals, now - DEADLINE_SECONDS - grace)
                for step in group.steps[:answered]:
                    group.batch.leave(step)
            if not answered:
                break
            outcomes = [step.outcome for step in group.steps[:answered]]
            self._measurement.note(now, group.arrivals[:answered], outcomes)
            self._core.use(now, answered * self._half_a_step)
            del group.arrivals[:answered], group.steps[:answered]
            if group.steps:
                break
            waiting.popleft()
        self._expect()
