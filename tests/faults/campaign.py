"""Rounds of clients that count while faults happen, and the check of what they saw.

In the manner of Jepsen (https://jepsen.io): every request is noted with its times, a nemesis does
harm meanwhile, and afterwards it is searched for an order that explains all answers.
"""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random

from fibcore.counter import Operation
from fibcore.dynamodb.item import parse_index
from fibcore.dynamodb.writer_registry import ITEM_LIMIT_BYTES, WRITERS_LIMIT, all_entries
from fibcore.errors import BeforeStart, OutcomeUnknown, PastEnd, Unavailable

from tests.faults.client import BrokenPromise, Client
from tests.faults.cluster import Cluster, Node, cluster
from tests.faults.faults import FaultRates
from tests.faults.nemesis import Harm, Nemesis
from tests.linearizability import Call, unexplained

DEADLINE_SECONDS = 2.0
PATIENCE_SECONDS = 15.0
"""Longer than a frozen backend stays so, and a deadline after that."""
RECOVERY_SECONDS = 20.0
_MOST_ENTRIES_OF_OTHERS = WRITERS_LIMIT - 1
_MOST_ENTRIES = WRITERS_LIMIT + 3
"""A write that brings one in may arrive late, when there is no room any more; it is pruned within
two minutes, and so many still fit into a write unit."""


_KILLS_AND_CUTS = tuple(harm for harm in Harm if harm is not Harm.ENTRIES_REMOVED)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What is asked for in a round, under which bounds and faults.

    Attributes:
        name: What it is about.
        start: The index at the beginning.
        max_index: The highest index that `next` reaches.
        mixes: What clients ask for, with weights; each holds for a while.
        clients: How many ask at once.
        rates: How often faults happen; drawn where None.
        lambda_share: How often the Lambda backend is asked, against 1 for each server. Its
            answers are of unknown outcome at the first loss, and explain too much.
        harms: What the nemesis does; nothing where empty.
        crowded: Whether the item is full of the entries of other writers.
    """

    name: str
    start: int
    max_index: int
    mixes: tuple[dict[Operation, int], ...]
    clients: int = 8
    rates: FaultRates | None = None
    lambda_share: float = 1
    harms: tuple[Harm, ...] = _KILLS_AND_CUTS
    crowded: bool = False


_UP = {Operation.NEXT: 12, Operation.PREVIOUS: 3, Operation.CURRENT: 4}
_DOWN = {Operation.NEXT: 3, Operation.PREVIOUS: 12, Operation.CURRENT: 4}
_ANY = {Operation.NEXT: 6, Operation.PREVIOUS: 6, Operation.RESET: 1, Operation.CURRENT: 4}
_LOSSES = FaultRates(failed_late=0.25, failed_after=0.1, late=0.05, unanswered=0.05, late_seconds=1)

NEAR_BOUNDS = Scenario(
    name="near both bounds", start=20, max_index=40, mixes=(_UP, _DOWN, _ANY, _UP, _DOWN)
)
FAR = Scenario(name="far from the bounds", start=1_000, max_index=1_000_000, mixes=(_UP, _ANY))
SLOW = Scenario(
    name="a slow network",
    start=1_000,
    max_index=1_000_000,
    mixes=({Operation.NEXT: 4, Operation.PREVIOUS: 2, Operation.CURRENT: 12},),
    rates=FaultRates(slow_request=0.1, slow_answer=0.3, throttled=0.05),
    harms=(),
)
LOSSES = Scenario(
    name="almost half of all writes unanswered",
    start=1,
    max_index=3,
    mixes=(_UP, _DOWN) * 3,
    rates=_LOSSES,
    lambda_share=0.1,
    harms=(),
)
ENTRIES_GO = Scenario(
    name="entries removed",
    start=1_000,
    max_index=1_000_000,
    mixes=({Operation.NEXT: 10, Operation.PREVIOUS: 4, Operation.CURRENT: 3},),
    rates=_LOSSES,
    lambda_share=0.1,
    harms=(Harm.ENTRIES_REMOVED,),
)
ONLY_FORWARD = Scenario(
    name="only forward", start=0, max_index=1_000_000, mixes=({Operation.NEXT: 1},), clients=24
)
CROWDED = Scenario(
    name="no room for writers", start=20, max_index=40, mixes=(_UP, _DOWN, _ANY), crowded=True
)
SCENARIOS = (NEAR_BOUNDS, LOSSES, SLOW, FAR, ENTRIES_GO, ONLY_FORWARD, CROWDED)


@dataclass
class Figures:
    """What happened so far."""

    rounds: int = 0
    operations: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    harm: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        lines = [f"{self.rounds} rounds, {self.operations.total():,} requests"]
        for title, counts in [
            ("answers", self.operations),
            ("at DynamoDB", self.faults),
            ("nemesis", self.harm),
        ]:
            told = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()) if count)
            lines.append(f"  {title}: {told or 'nothing'}")
        return "\n".join(lines)


@dataclass(frozen=True, kw_only=True)
class Round:
    """Some seconds of a scenario.

    Attributes:
        seed: Of the faults, the harm and what clients ask.
        seconds: How long clients ask.
        variables: More of the backends' environment.
    """

    scenario: Scenario
    seed: int
    seconds: float
    variables: dict[str, str] = field(default_factory=dict)


def run_round(database: Node, this: Round, figures: Figures) -> None:
    """Count under faults, then check every answer.

    Args:
        database: DynamoDB Local.
        this: The round.
        figures: Where what happens is noted.

    Raises:
        BrokenPromise: By the contract, no counter answers so.
    """
    scenario, seed = this.scenario, this.seed
    random = Random(seed)
    environment = {
        "FIB_MAX_INDEX": str(scenario.max_index),
        "FIB_DEADLINE_SECONDS": str(DEADLINE_SECONDS),
        **this.variables,
    }
    with cluster(database, start=scenario.start, variables=environment) as nodes:
        if scenario.crowded:
            _crowd(nodes)
        clients = [Client(PATIENCE_SECONDS) for _ in range(scenario.clients)]
        nemesis = Nemesis(
            nodes,
            Random(seed),
            harms=scenario.harms,
            frozen_seconds=DEADLINE_SECONDS + 0.5,
        )
        nodes.proxy.set_faults(scenario.rates or FaultRates.drawn(random), seed=seed)
        end = time.monotonic() + this.seconds
        with ThreadPoolExecutor(scenario.clients + 1) as threads, ExitStack() as at_the_end:
            at_the_end.callback(nemesis.stop)
            harming = threads.submit(nemesis.run) if scenario.harms else None
            counting = [
                threads.submit(_count, client, nodes, scenario, Random(seed * 1_000 + n), end)
                for n, client in enumerate(clients)
            ]
            for each in counting:
                each.result()
            nemesis.stop()
            if harming:
                harming.result()
        figures.harm += nemesis.done
        _settle(nodes, clients[0])
        history = [operation for client in clients for operation in client.history]
        _note(figures, history, nodes)
        for client in clients:
            client.close()
        _check(history, nodes, scenario, min(client.soonest_unknown for client in clients))


def _count(client: Client, nodes: Cluster, scenario: Scenario, random: Random, end: float) -> None:
    begin = time.monotonic()
    shares = [1 if node.is_server else scenario.lambda_share for node in nodes.backends]
    while (now := time.monotonic()) < end:
        phase = (now - begin) / (end - begin)
        mix = scenario.mixes[int(phase * len(scenario.mixes))]
        (kind,) = random.choices(list(mix), list(mix.values()))
        (node,) = random.choices(nodes.backends, shares)
        outcome = client.ask(kind, node)
        # A process that is down would be asked a thousand times a second.
        time.sleep(0.1 if isinstance(outcome, Unavailable) else random.uniform(0, 0.02))


def _crowd(nodes: Cluster) -> None:
    """Fill the item with the entries of writers that are elsewhere."""
    for number in range(_MOST_ENTRIES_OF_OTHERS):
        nodes.table.add_entry(f"n.zzzz{number:02}", f"i.zzzz{number:02}")


def _settle(nodes: Cluster, client: Client) -> None:
    """End the faults, let what is late arrive, and see that every backend counts again."""
    nodes.proxy.set_faults(FaultRates(), seed=0)
    nodes.proxy.flush()
    deadline = time.monotonic() + RECOVERY_SECONDS
    for node in nodes.backends:
        for kind in (Operation.PREVIOUS, Operation.CURRENT):
            while isinstance(client.ask(kind, node), Unavailable | OutcomeUnknown):
                if time.monotonic() > deadline:
                    raise BrokenPromise(f"{node.name} does not recover:\n{node.log()[-2_000:]}")
                time.sleep(0.1)


def _note(figures: Figures, history: list[Call], nodes: Cluster) -> None:
    figures.rounds += 1
    for operation in history:
        outcome = operation.outcome
        name = "counted" if isinstance(outcome, int) else type(outcome).__name__
        figures.operations["read" if operation.operation is Operation.CURRENT else name] += 1
    figures.faults.update(nodes.proxy.counts())


def _check(history: list[Call], nodes: Cluster, scenario: Scenario, soonest_unknown: float) -> None:
    item = nodes.table.read()
    size = sum(len(name) + len(value["N"]) // 2 + 2 for name, value in item.items() if "N" in value)
    if size > ITEM_LIMIT_BYTES or len(all_entries(item)) > _MOST_ENTRIES:
        raise BrokenPromise(f"the item has grown to {size} bytes: {item}")
    if soonest_unknown < DEADLINE_SECONDS * 0.95 and not (
        Harm.ENTRIES_REMOVED in scenario.harms or scenario.crowded
    ):
        raise BrokenPromise(f"outcome unknown after {soonest_unknown:.2f} s already")
    if all(set(mix) == {Operation.NEXT} for mix in scenario.mixes):
        _check_forward(history, scenario.start, parse_index(item))
    reads_told = [
        op
        for op in history
        if not (op.operation is Operation.CURRENT and isinstance(op.outcome, OutcomeUnknown))
    ]
    stuck = unexplained(reads_told, start=scenario.start, max_index=scenario.max_index)
    if stuck:
        near = [op for op in reads_told if abs(op.invoked - stuck.invoked) < 1]
        told = "\n".join(map(_told, sorted(near, key=lambda op: op.invoked)))
        raise BrokenPromise(f"no order explains {_told(stuck)} among\n{told}")


def _told(call: Call) -> str:
    outcome = call.outcome
    told = str(outcome) if isinstance(outcome, int) else type(outcome).__name__
    if isinstance(outcome, BeforeStart | PastEnd):
        told += f" at {outcome.index}"
    times = f"{call.invoked:.4f} to {call.answered:.4f}"
    return f"{times}: {call.operation.value} -> {told}"


def _check_forward(history: list[Call], start: int, stored: int | None) -> None:
    """Check, exactly, steps forward alone, whatever their times."""
    steps = [op.outcome for op in history if op.operation is Operation.NEXT]
    reached = [outcome for outcome in steps if isinstance(outcome, int)]
    unknown = sum(isinstance(outcome, OutcomeUnknown) for outcome in steps)
    twice = [index for index, times in Counter(reached).items() if times > 1]
    if twice:
        raise BrokenPromise(f"counted twice: {sorted(twice)}")
    back = sum(op.operation is Operation.PREVIOUS and isinstance(op.outcome, int) for op in history)
    moved = (stored or 0) - start + back
    if not len(reached) <= moved <= len(reached) + unknown:
        raise BrokenPromise(
            f"the index moved by {moved}; {len(reached)} steps were acknowledged, "
            f"{unknown} are unknown"
        )
