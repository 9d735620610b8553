"""The campaign: rounds in which clients count while faults happen, and every answer is checked.

It works as Jepsen does (https://jepsen.io): clients record every request with its times, a nemesis
does harm meanwhile, and afterwards a search looks for an order that explains all answers.
"""

import itertools
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random

from fibcore.counter import Operation
from fibcore.dynamodb.item import WriterNames
from fibcore.dynamodb.writer_registry import WRITERS_LIMIT
from fibcore.errors import OutcomeUnknown, Unavailable

from tests.faults.checks import DEADLINE_SECONDS, broken_promises
from tests.faults.client import BrokenPromise, Client
from tests.faults.cluster import Cluster, Node, cluster
from tests.faults.dynamodb_proxy import CALL_SECONDS
from tests.faults.faults import FaultRates
from tests.faults.nemesis import Nemesis
from tests.faults.scenarios import Scenario
from tests.linearizability import Call

PATIENCE_SECONDS = 15.0
"""Longer than a backend is frozen, plus a deadline."""
RECOVERY_SECONDS = 20.0
_MOST_ENTRIES_OF_OTHERS = WRITERS_LIMIT - 1


@dataclass
class Figures:
    """How often each thing happened so far."""

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
    """One round of a scenario.

    Attributes:
        seed: Draws the faults, the harm and what clients ask for.
        seconds: How long clients ask for steps.
        variables: Further variables of the backends' environment.
    """

    scenario: Scenario
    seed: int
    seconds: float
    variables: dict[str, str] = field(default_factory=dict)


def run_round(database: Node, this: Round, figures: Figures) -> None:
    """Let clients count under faults, then check every answer.

    Args:
        database: DynamoDB Local.
        this: The round.
        figures: Counts what happens.

    Raises:
        BrokenPromise: No counter that keeps the contract gives these answers.
    """
    scenario, seed = this.scenario, this.seed
    random = Random(seed)
    environment = {
        "FIB_MAX_INDEX": str(scenario.max_index),
        "FIB_DEADLINE_SECONDS": str(DEADLINE_SECONDS),
        **this.variables,
    }
    with cluster(
        database, start=scenario.start, route=scenario.route, variables=environment
    ) as nodes:
        if scenario.crowded:
            _crowd(nodes)
        clients = [Client(PATIENCE_SECONDS) for _ in range(scenario.clients)]
        nemesis = Nemesis(
            nodes,
            Random(seed),
            harms=scenario.harms,
            frozen_seconds=DEADLINE_SECONDS + 0.5,
        )
        if scenario.call_seconds:
            nodes.proxy.set_call_seconds(scenario.call_seconds)
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
        _settle(nodes, clients)
        history = [operation for client in clients for operation in client.history]
        _note(figures, history, nodes)
        for client in clients:
            client.close()
        soonest_unknown = min(client.soonest_unknown for client in clients)
        broken = list(broken_promises(scenario, history, nodes.table.read(), soonest_unknown))
        if broken:
            raise BrokenPromise("; ".join(broken))


def _count(client: Client, nodes: Cluster, scenario: Scenario, random: Random, end: float) -> None:
    begin = time.monotonic()
    shares = [1 if node.is_server else scenario.lambda_share for node in nodes.backends]
    while (now := time.monotonic()) < end:
        phase = (now - begin) / (end - begin)
        mix = scenario.mixes[int(phase * len(scenario.mixes))]
        (kind,) = random.choices(list(mix), list(mix.values()))
        (node,) = random.choices(nodes.backends, shares)
        outcome = client.ask(kind, node)
        # Otherwise a stopped process would be asked a thousand times a second.
        time.sleep(0.1 if isinstance(outcome, Unavailable) else random.uniform(0, 0.02))


def _crowd(nodes: Cluster) -> None:
    """Fill the item with the entries of writers that are elsewhere."""
    for number in range(_MOST_ENTRIES_OF_OTHERS):
        entry = WriterNames.for_id(f"zzzz{number:02}")
        nodes.table.change_writers(nodes.table.read(), join=entry, remove={})


def _settle(nodes: Cluster, clients: list[Client]) -> None:
    """End the faults, let late requests arrive, and check that every backend counts again.

    Every client asks, since their connections lead to different processes of a backend.
    """
    nodes.proxy.set_call_seconds(CALL_SECONDS)
    nodes.proxy.set_faults(FaultRates(), seed=0)
    nodes.proxy.flush()
    deadline = time.monotonic() + RECOVERY_SECONDS
    for client, node, kind in itertools.product(
        clients, nodes.backends, (Operation.PREVIOUS, Operation.CURRENT)
    ):
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
