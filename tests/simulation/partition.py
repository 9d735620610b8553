"""One item of a DynamoDB table in virtual time: its limits, its latency and its faults."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from botocore.exceptions import ClientError, ReadTimeoutError
from fibcore.dynamodb.item import Item

from tests.faults.token_bucket import READ_UNITS, WRITE_UNITS, TokenBucket
from tests.simulation.virtual_time import VirtualTime
from tests.unit.table_in_memory import Fate, TableInMemory

T = TypeVar("T")

READ_TIMEOUT_SECONDS = 3.0
LATE_SECONDS = 8.0


def steady(seconds: float) -> Callable[[Random], float]:
    """Return a latency that is always the same."""
    return lambda _: seconds


def with_a_tail(random: Random) -> float:
    """Draw a latency in seconds: a median of some 4 ms, 8 ms in one of 100, 50 in one of 1,000."""
    if random.random() < 0.001:
        return random.uniform(0.03, 0.08)
    return 0.003 + random.expovariate(1 / 0.0012)


@dataclass(frozen=True)
class Limits:
    """What the partition takes.

    Attributes:
        share: The part of the usual units that it has.
        burst_seconds: For how long it saves up unused units.
        latency: Draws how long a call takes, in seconds.
        faults: How likely each fate of a call is, beside being answered.
    """

    share: float = 1.0
    burst_seconds: float = 1.0
    latency: Callable[[Random], float] = with_a_tail
    faults: Mapping[Fate, float] = field(default_factory=dict)


class Partition:
    """The item that all tasks share.

    Attributes:
        counts: How many reads, writes and throttled calls there were.
        writes_in_second: How many writes there were in each second.
        blocked_until: All calls are throttled until then.
        on_change: Called with the item before and after each write that is applied.
    """

    def __init__(self, time: VirtualTime, random: Random, limits: Limits, *, index: int) -> None:
        self.time = time
        self.random = random
        self.limits = limits
        self.on_change: Callable[[Item, Item], None] = lambda _before, _after: None
        self.item = TableInMemory(index, lambda: Fate.ANSWERED).item
        self.counts: Counter[str] = Counter()
        self.writes_in_second: Counter[int] = Counter()
        self.blocked_until = 0.0
        self.writes, self.reads = (
            TokenBucket(units * limits.share, limits.burst_seconds, time.clock)
            for units in (WRITE_UNITS, READ_UNITS)
        )


class SimulatedTable(TableInMemory):
    """One process's way to the item: every call takes time, and may be throttled or fail.

    Args:
        partition: The item.
        sleep: Lets the caller wait half of the time of a call.
    """

    def __init__(self, partition: Partition, sleep: Callable[[float], None]) -> None:
        self._partition = partition
        self._sleep = sleep
        self._units = partition.writes
        shared = partition.item
        super().__init__(0, self._draw_fate)
        partition.item = shared
        self.late = _Later(partition)  # type: ignore[assignment]

    @property
    def item(self) -> dict[str, Mapping[str, Any]] | None:
        """The shared item."""
        return self._partition.item

    @item.setter
    def item(self, item: dict[str, Mapping[str, Any]] | None) -> None:
        self._partition.item = item

    def get_item(self, **_: Any) -> dict[str, Any]:
        """Do a `GetItem`."""
        self._partition.counts["reads"] += 1
        return self._travel(self._partition.reads, lambda: TableInMemory.get_item(self))

    def update_item(self, **parameters: Any) -> dict[str, Any]:
        """Do an `UpdateItem`."""
        self._partition.counts["writes"] += 1
        self._partition.writes_in_second[int(self._partition.time.now)] += 1
        return self._travel(
            self._partition.writes, lambda: TableInMemory.update_item(self, **parameters)
        )

    def _apply(self, parameters: dict[str, Any]) -> dict[str, Item]:
        before = self.item or {}
        answer = super()._apply(parameters)
        self._partition.on_change(before, self.item or {})
        return answer

    def _travel(self, units: TokenBucket, call: Callable[[], T]) -> T:
        seconds = self._partition.limits.latency(self._partition.random)
        self._sleep(seconds / 2)
        self._units = units
        try:
            answer = call()
        except ReadTimeoutError:
            self._sleep(READ_TIMEOUT_SECONDS - seconds / 2)
            raise
        except ClientError:
            self._sleep(seconds / 2)
            raise
        self._sleep(seconds / 2)
        return answer

    def _draw_fate(self) -> Fate:
        partition = self._partition
        draw = partition.random.random()
        for fate, rate in partition.limits.faults.items():
            draw -= rate
            if draw < 0:
                return fate
        if partition.time.now < partition.blocked_until or not self._units.take():
            partition.counts["throttled"] += 1
            return Fate.THROTTLED
        return Fate.ANSWERED


class _Later:
    """Takes calls that are still on their way, and delivers each some time later."""

    def __init__(self, partition: Partition) -> None:
        self._partition = partition

    def append(self, call: Callable[[], Any]) -> None:
        time, random = self._partition.time, self._partition.random
        time.at(time.now + random.uniform(0, LATE_SECONDS), lambda: _deliver(call))


def _deliver(call: Callable[[], Any]) -> None:
    with suppress(Exception):  # Nobody gets the answer.
        call()
