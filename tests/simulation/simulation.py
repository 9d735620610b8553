"""A simulation: processes on one item, under a load, in virtual time."""

from contextlib import ExitStack
from random import Random
from types import TracebackType
from typing import NamedTuple, Self
from unittest import mock

from fibcore.counter import backoff, pacing, plan
from fibcore.dynamodb import item, writer_registry
from fibcore.dynamodb.item import parse_index
from fibcore.errors import OutcomeUnknown, Unavailable

from tests.simulation.measurement import Measurement, fairness
from tests.simulation.partition import Limits, Partition
from tests.simulation.process import DEADLINE_SECONDS, Core, Process, sleep_in_process
from tests.simulation.virtual_time import VirtualTime

STEP_SECONDS = 60e-6
CALL_SECONDS = 0.001
"""How long one core works for a step, and for a call to DynamoDB. `make bench BENCH=scaling`
measures both; on a slower machine, they are in about the same proportion."""

HIGHEST_INDEX = 10**12
"""The service stops at ten million, which a simulation at full load reaches within a minute."""


class Result(NamedTuple):
    """What a simulation, or a part of it, showed.

    Attributes:
        rate: Steps answered in a second.
        p50: The latency in milliseconds that half of the steps do not exceed.
        p99: The same for 99 of 100 steps.
        p999: The same for 999 of 1,000 steps.
        writes: Writes sent in a second.
        throttled: The share of all calls that was throttled.
        fairness: Jain's index of the requests of all processes that ran.
        unknown: Steps whose outcome is unknown.
        unavailable: Steps that were answered 503.
    """

    rate: float
    p50: float
    p99: float
    p999: float
    writes: float
    throttled: float
    fairness: float
    unknown: int
    unavailable: int


class Simulation:
    """Server processes that count on one item; steps arrive at random.

    Args:
        seed: The same seed gives the same run.
        limits: What the item's partition takes.
        max_index: The highest index.
        shuffled: Whether things that happen at the same time happen in a random order.
    """

    def __init__(
        self,
        seed: int,
        limits: Limits | None = None,
        *,
        max_index: int = HIGHEST_INDEX,
        shuffled: bool = False,
    ) -> None:
        self._random = Random(seed)
        self._max_index = max_index
        self.time = VirtualTime(self._random if shuffled else None)
        self.partition = Partition(self.time, self._random, limits or Limits(), index=0)
        self.measurement = Measurement()
        self.processes: list[Process] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for module in (pacing, backoff, writer_registry):
            self._stack.enter_context(mock.patch.object(module, "_random", self._random))
        for module in (item, plan):
            self._stack.enter_context(mock.patch.object(module, "INDEX_LIMIT", HIGHEST_INDEX))
        self._stack.enter_context(self.time.in_place_of_threads(sleep_in_process))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def start(
        self,
        count: int,
        *,
        step_seconds: float = STEP_SECONDS,
        call_seconds: float = CALL_SECONDS,
        core: Core | None = None,
    ) -> list[Process]:
        """Start so many processes, each on its own core unless one is given."""
        started = [
            Process(
                self.partition,
                self.measurement,
                self._random,
                core=core or Core(),
                step_seconds=step_seconds,
                call_seconds=call_seconds,
                max_index=self._max_index,
            )
            for _ in range(count)
        ]
        self.processes += started
        return started

    def stop(self, processes: list[Process]) -> None:
        """Let no more steps arrive at these processes; those that have arrived are answered."""
        for process in processes:
            process.offer(0)
            self.processes.remove(process)

    def kill(self, processes: list[Process]) -> None:
        """End these processes at once."""
        for process in processes:
            process.kill()
            self.processes.remove(process)

    def offer(self, rate: float) -> None:
        """Let `rate` steps a second arrive, at each process the same share of them."""
        for process in self.processes:
            process.offer(rate / len(self.processes))

    def run(self, seconds: int) -> Result:
        """Let so many seconds pass, and return what happened in them."""
        start = round(self.time.now)
        before = self.partition.counts.copy()
        requests = {process: process.requests for process in self.processes}
        failures = self.measurement.failures.copy()
        self.time.run(start + seconds)
        counts = self.partition.counts - before
        failed = self.measurement.failures - failures
        window = range(start, start + seconds)
        return Result(
            rate=self.measurement.rate(window),
            p50=self.measurement.percentile(0.5, window),
            p99=self.measurement.percentile(0.99, window),
            p999=self.measurement.percentile(0.999, window),
            writes=counts["writes"] / seconds,
            throttled=counts["throttled"] / max(1, counts["writes"] + counts["reads"]),
            fairness=fairness(
                process.requests - requests.get(process, 0) for process in self.processes
            ),
            unknown=failed[OutcomeUnknown],
            unavailable=failed[Unavailable],
        )

    def check(self) -> None:
        """Let all steps be answered, and raise AssertionError if they were not counted right."""
        self.stop(list(self.processes))
        self.time.run(self.time.now + 2 * DEADLINE_SECONDS)
        stored = parse_index(self.partition.item or {})
        assert stored is not None
        self.measurement.check(start=0, stored=stored)
