"""What kills, stops and cuts while clients count."""

import signal
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random

from fibcore.writer_entries import all_entries

from tests.faults.cluster import Cluster, Node

_LONGEST_OUTAGE_SECONDS = 1.5
_LONGEST_PAUSE_SECONDS = 1.5

Action = Callable[[], object]


class Nemesis:
    """Does one harm after another until told to stop, then leaves everything running.

    Args:
        cluster: Whom it harms.
        random: Draws what, whom and when.
        deadline_seconds: The backends'; who is stopped is stopped for longer.
        removes_entries: Whether it takes the writers' entries out of the item.
    """

    def __init__(
        self, cluster: Cluster, random: Random, *, deadline_seconds: float, removes_entries: bool
    ) -> None:
        self._cluster = cluster
        self._random = random
        self._deadline_seconds = deadline_seconds
        self._stopping = threading.Event()
        self.done: Counter[str] = Counter()
        self._actions: dict[str, Callable[[Node], object]] = {
            "a worker killed": Node.kill_a_child,
            "a master killed": Node.kill_alone,
            "a backend killed whole": Node.restart,
            "a backend stopped by SIGTERM": Node.stop_and_start,
            "a backend frozen past the deadline": self._freeze,
            "DynamoDB killed": lambda _: cluster.dynamodb.restart(),
            "the network cut": lambda _: cluster.proxy.cut_off(
                random.uniform(0.1, _LONGEST_OUTAGE_SECONDS)
            ),
        }
        if removes_entries:
            remove = partial(remove_entries, cluster)
            self._actions |= {
                f"the writers' entries removed{again}": lambda _: remove() for again in ("", " ")
            }

    def run(self) -> None:
        """Harm, wait a little, and harm again."""
        while not self._stopping.wait(self._random.uniform(0, _LONGEST_PAUSE_SECONDS)):
            name = self._random.choice(list(self._actions))
            self._actions[name](self._random.choice(self._cluster.backends))
            self.done[name.strip()] += 1

    def stop(self) -> None:
        """Let `run` come to its end."""
        self._stopping.set()

    def _freeze(self, node: Node) -> None:
        node.send(signal.SIGSTOP)
        self._stopping.wait(self._deadline_seconds + 0.5)
        node.send(signal.SIGCONT)


def remove_entries(cluster: Cluster) -> None:
    """Take every writer's entry out of the item."""
    for entry in all_entries(cluster.table.read()):
        cluster.table.update(
            UpdateExpression="REMOVE #number, #index",
            ExpressionAttributeNames={"#number": entry.number, "#index": entry.index},
        )
