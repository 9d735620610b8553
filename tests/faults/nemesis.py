"""The nemesis: kills, stops and cuts off processes while clients count."""

import signal
import threading
from collections import Counter
from collections.abc import Callable
from enum import Enum
from random import Random

from fibcore.dynamodb.writer_registry import all_entries

from tests.faults.cluster import Cluster, Node

_LONGEST_OUTAGE_SECONDS = 1.5
_LONGEST_PAUSE_SECONDS = 1.5
_LONGEST_PAUSE_BETWEEN_REMOVALS_SECONDS = 0.5


class Harm(Enum):
    """One kind of harm that the nemesis does."""

    WORKER_KILLED = "a worker killed"
    MASTER_KILLED = "a master killed"
    BACKEND_KILLED = "a backend killed whole"
    BACKEND_TERMINATED = "a backend stopped by SIGTERM"
    BACKEND_FROZEN = "a backend frozen past the deadline"
    DYNAMODB_KILLED = "DynamoDB killed"
    NETWORK_CUT = "the network cut"
    ENTRIES_REMOVED = "the writers' entries removed"


class Nemesis:
    """Does one harm after another until it is stopped, and leaves every process running.

    Args:
        cluster: The processes that it harms.
        random: Draws the kind of harm, the process and the moment.
        harms: The kinds of harm that it draws from.
        frozen_seconds: How long a backend is frozen; longer than its deadline.
    """

    def __init__(
        self, cluster: Cluster, random: Random, *, harms: tuple[Harm, ...], frozen_seconds: float
    ) -> None:
        self._cluster = cluster
        self._random = random
        self._harms = harms
        self._frozen_seconds = frozen_seconds
        self._stopping = threading.Event()
        self.done: Counter[str] = Counter()
        self._acts: dict[Harm, Callable[[Node], object]] = {
            Harm.WORKER_KILLED: Node.kill_a_child,
            Harm.MASTER_KILLED: Node.kill_alone,
            Harm.BACKEND_KILLED: Node.restart,
            Harm.BACKEND_TERMINATED: Node.stop_and_start,
            Harm.BACKEND_FROZEN: self._freeze,
            Harm.DYNAMODB_KILLED: lambda _: cluster.dynamodb.restart(),
            Harm.NETWORK_CUT: lambda _: cluster.proxy.cut_off(
                random.uniform(0.1, _LONGEST_OUTAGE_SECONDS)
            ),
            Harm.ENTRIES_REMOVED: lambda _: self._remove_entries(),
        }

    def run(self) -> None:
        """Wait a moment and do harm, again and again until stopped."""
        while not self._stopping.wait(self._random.uniform(0, self._longest_pause)):
            harm = self._random.choice(self._harms)
            self._acts[harm](self._random.choice(self._cluster.backends))
            self.done[harm.value] += 1

    def stop(self) -> None:
        """Let `run` return."""
        self._stopping.set()

    @property
    def _longest_pause(self) -> float:
        if self._harms == (Harm.ENTRIES_REMOVED,):
            return _LONGEST_PAUSE_BETWEEN_REMOVALS_SECONDS
        return _LONGEST_PAUSE_SECONDS

    def _freeze(self, node: Node) -> None:
        node.send(signal.SIGSTOP)
        self._stopping.wait(self._frozen_seconds)
        node.send(signal.SIGCONT)

    def _remove_entries(self) -> None:
        for entry in all_entries(self._cluster.table.read()):
            self._cluster.remove_entry(entry)
