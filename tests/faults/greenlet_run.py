"""One run of a counter under gevent in which greenlets are killed at random yields.

The standard library must be patched by gevent before this module is imported.
"""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import gevent
import greenlet
from fibcore.counter import Operation
from fibcore.counter.batching import BatchingCounter
from fibcore.dynamodb.item import parse_index
from fibcore.dynamodb.repository import CounterRepository
from fibcore.errors import (
    BeforeStart,
    CounterError,
    OutcomeUnknown,
    PastEnd,
    Unavailable,
)

from tests.linearizability import Call, unexplained
from tests.unit.table_in_memory import Fate, TableInMemory

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

COUNTERS = 2
CLIENTS = 12
CALLS_IN_A_RUN = 80
MAX_INDEX = 8
LONG_DEADLINE_SECONDS, SHORT_DEADLINE_SECONDS = 30.0, 0.02
LONGEST_RUN_SECONDS = 5.0
"""A run takes some hundredths of a second. After this long, a client has been left waiting."""
KILLED_BEFORE_YIELD = 12
"""A greenlet that is killed is killed at one of its first so many yields; a call has about four."""

_MIXES = (
    {Operation.NEXT: 1},
    {Operation.NEXT: 6, Operation.PREVIOUS: 5, Operation.RESET: 1, Operation.CURRENT: 4},
)
_COPIED_AND_THROTTLED = {Fate.DOUBLED_AND_THROTTLED, Fate.DOUBLED_LATE_AND_THROTTLED}
_DENIED = {Fate.DENIED, Fate.DOUBLED_AND_DENIED}
_FATES = {
    # A step that is throttled until its deadline is `unavailable`, although a copy may be on its
    # way: the contract says so.
    SHORT_DEADLINE_SECONDS: [fate for fate in Fate if fate not in _COPIED_AND_THROTTLED],
    # A denied write ends its steps before the deadline, or leaves them in doubt until then.
    LONG_DEADLINE_SECONDS: [fate for fate in Fate if fate not in _DENIED],
}


class BrokenPromise(AssertionError):
    """A run showed what no counter may do."""


class ProcessClient:
    """One process's client of the table: every call yields before it arrives and after it.

    Attributes:
        writes_begun: How many writes the process has sent.
    """

    def __init__(self, run: "Run") -> None:
        self.writes_begun = 0
        self._run = run
        self._writes_in_flight = 0
        self.meta = SimpleNamespace(config=run.table.meta.config, events=self)

    def register(self, _event: str, note_sent: Callable[[], None]) -> None:
        """Take the handler that is called before each send, as botocore's events do."""
        self._note_sent = note_sent

    def get_item(self, **parameters: Any) -> Any:
        """Do a `GetItem`."""
        return self._call(self._run.table.get_item, parameters)

    def update_item(self, **parameters: Any) -> Any:
        """Do an `UpdateItem`."""
        self.writes_begun += 1
        self._writes_in_flight += 1
        if self._writes_in_flight > 1:
            self._run.broken.append("two workers of one counter write at the same time")
        try:
            return self._call(self._run.table.update_item, parameters)
        finally:
            self._writes_in_flight -= 1

    def close(self) -> None:
        """Close idle connections, of which there are none."""

    def _call(self, call: Any, parameters: dict[str, Any]) -> Any:
        self._run.note_worker()
        self._note_sent()
        self._run.yield_to_others()
        try:
            return call(**parameters)
        finally:
            self._run.yield_to_others()


class Run:
    """One run: two counters, their clients, the network, and whoever kills.

    Args:
        seed: Draws all that happens.

    Attributes:
        table: The item in memory, and the network before it.
        broken: The promises found broken while it ran.
        counts: How often each thing happened.
    """

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)
        self.start = random.randrange(MAX_INDEX)
        self.broken: list[str] = []
        self.counts: Counter[str] = Counter()
        self._mix = random.choice(_MIXES)
        only_forward = len(self._mix) == 1
        self.max_index = 1_000 if only_forward else MAX_INDEX
        self._faults = random.random() < 0.5
        self._kills_workers = random.random() < 0.2
        self._kill_share = random.choice([0.1, 0.3, 0.6])
        # Deadlines follow the real clock, so a run with short ones may differ from its replay.
        short = self._kills_workers or random.random() < 0.2
        self._deadline = SHORT_DEADLINE_SECONDS if short else LONG_DEADLINE_SECONDS
        self.table = TableInMemory(self.start, self._next_fate)
        self._clients = [ProcessClient(self) for _ in range(COUNTERS)]
        self._counters = [self._new_counter(client) for client in self._clients]
        self._history: list[Call] = []
        self._clock = itertools.count()
        self._calls_left = CALLS_IN_A_RUN
        self._asking: set[gevent.Greenlet[..., Any]] = set()
        self._yields_to_kill: dict[int, int] = {}  # of each greenlet that is to be killed, by id
        self._seen: list[gevent.Greenlet[..., Any]] = []  # kept, so that no id is used twice
        self._workers: list[gevent.Greenlet[..., Any]] = []
        self._at_work: set[greenlet.greenlet] = set()  # the workers that have made a call
        self._over = False

    def _new_counter(self, client: ProcessClient) -> BatchingCounter:
        return BatchingCounter(
            CounterRepository(
                cast("DynamoDBClient", client),
                "in-memory",
                run_within=lambda call, _: call(),
                wall_clock=lambda: 0,
            ),
            max_index=self.max_index,
            deadline_seconds=self._deadline,
            pause=lambda _: self.yield_to_others(),
        )

    def note_worker(self) -> None:
        """Note that the current greenlet makes calls to the table."""
        self._at_work.add(greenlet.getcurrent())

    def yield_to_others(self) -> None:
        """Let others run, for a few turns of the event loop."""
        for _ in range(1 if self._over else self.random.randrange(4)):
            gevent.sleep(0)

    def play(self) -> None:
        """Run it, and check every answer.

        Raises:
            BrokenPromise: It showed what no counter may do.
        """
        greenlet.settrace(self._trace)
        try:
            for _ in range(CLIENTS):
                self._start_client()
            self._wait_for_clients()
        finally:
            greenlet.settrace(None)
        self._over = True
        gevent.killall(self._workers)
        while self.table.late:
            self.table.deliver(0)
        self._check()

    def _wait_for_clients(self) -> None:
        deadline = time.monotonic() + LONGEST_RUN_SECONDS
        while self._asking:
            if time.monotonic() > deadline:
                gevent.killall(list(self._asking))
                raise BrokenPromise(f"{len(self._asking)} clients were left without an answer")
            self._count_workers()
            if self.table.late and self.random.random() < 0.2:
                self.table.deliver(self.random.randrange(len(self.table.late)))
            gevent.sleep(0)

    def _count_workers(self) -> None:
        alive = {id(worker) for worker in self._at_work if not worker.dead}
        names = Counter(each.name for each in threading.enumerate() if each.ident in alive)
        for name, times in names.items():
            if times > COUNTERS:
                self.broken.append(f"more than {COUNTERS} workers named {name} run")

    # The clients.

    def _start_client(self) -> None:
        client = gevent.spawn(self._ask_until_the_end)
        self._asking.add(client)
        client.rawlink(self._client_ended)

    def _client_ended(self, client: "gevent.Greenlet[..., Any]") -> None:
        self._asking.discard(client)
        if client.exception:
            self.broken.append(f"a client ended with {client.exception!r}")
        if self._calls_left > 0:
            self._start_client()

    def _ask_until_the_end(self) -> None:
        while self._calls_left > 0:
            self._calls_left -= 1
            self._ask()

    def _ask(self) -> None:
        (operation,) = self.random.choices(list(self._mix), list(self._mix.values()))
        which = self.random.randrange(COUNTERS)
        counter, client = self._counters[which], self._clients[which]
        call = getattr(counter, operation.value)
        invoked, writes_begun = next(self._clock), client.writes_begun
        outcome: int | CounterError
        try:
            outcome = call()
        except CounterError as failure:
            outcome = failure
            refused = isinstance(failure, BeforeStart | PastEnd)
            if not refused and self._deadline == LONG_DEADLINE_SECONDS:
                self.broken.append(f"{operation.value} failed long before its deadline: {failure}")
        except gevent.GreenletExit:
            # No write begun before the step arrived can have it.
            in_no_write = client.writes_begun == writes_begun
            outcome = Unavailable("killed") if in_no_write else OutcomeUnknown("killed")
            self._note(operation, invoked, outcome)
            self.counts["killed before a write" if in_no_write else "killed after a write"] += 1
            raise
        self._note(operation, invoked, outcome)
        self.counts["counted" if isinstance(outcome, int) else type(outcome).__name__] += 1

    def _note(self, operation: Operation, invoked: int, outcome: int | CounterError) -> None:
        if operation is Operation.CURRENT and isinstance(outcome, OutcomeUnknown):
            return
        self._history.append(Call(operation, invoked, next(self._clock), outcome))

    # The network, and the kills.

    def _next_fate(self) -> Fate:
        if not self._faults or self._over or self.random.random() < 0.6:
            return Fate.ANSWERED
        return self.random.choice(_FATES[self._deadline])

    def _trace(self, _event: str, switch: tuple[greenlet.greenlet, greenlet.greenlet]) -> None:
        """Count how often each greenlet is switched to, and kill some at a drawn one."""
        _, target = switch
        if self._over or not isinstance(target, gevent.Greenlet) or target.dead:
            return
        is_client = target in self._asking
        if not is_client and target not in self._workers:
            self._workers.append(target)
        # `Thread.start` waits for ever where the new thread is killed before it runs.
        if not is_client and not (self._kills_workers and target in self._at_work):
            return
        if id(target) not in self._yields_to_kill:
            self._seen.append(target)
            share = self._kill_share if is_client else 0.5
            drawn = self.random.random() < share
            latest = KILLED_BEFORE_YIELD * (1 if is_client else 4)
            self._yields_to_kill[id(target)] = self.random.randrange(1, latest) if drawn else 0
        self._yields_to_kill[id(target)] -= 1
        if self._yields_to_kill[id(target)] == 0:
            # It arrives at the next yield, before whatever wakes the greenlet from there.
            target.kill(block=False)
            self.counts["clients killed" if is_client else "workers killed"] += 1

    def _check(self) -> None:
        broken = list(dict.fromkeys(self.broken))
        stored = parse_index(self.table.item or {})
        if stored is None:
            raise BrokenPromise(f"the item holds no valid index: {self.table.item}")
        last = next(self._clock)
        history = [*self._history, Call(Operation.CURRENT, last, last, stored)]
        stuck = unexplained(history, start=self.start, max_index=self.max_index)
        if stuck and stuck.invoked == last:
            broken.append(f"no order of the calls leads to the stored index {stored}")
        elif stuck:
            broken.append(f"no order of the calls explains {stuck}")
        if broken:
            raise BrokenPromise("; ".join(broken))
