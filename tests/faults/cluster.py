"""Everything that counts on one table: servers, the Lambda backend, and DynamoDB behind a proxy."""

import os
import signal
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fibcore import Settings
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.item import INDEX_NAME
from fibcore.dynamodb.repository import CounterRepository
from local_stack import programs
from local_stack.environment import local_environment
from local_stack.programs import Program
from local_stack.table import create_and_seed

from tests.faults.proxy_control import ProxyControl, proxy_program
from tests.processes import Running, free_port, running

SERVERS = 2
PROCESSES_A_SERVER = "2"


class Node:
    """A process, with its children, that can be killed and started again.

    Args:
        name: What the log calls it.
        program: How it starts.
        port: Where it listens.
    """

    def __init__(self, name: str, program: Program, port: int) -> None:
        self.name = name
        self.port = port
        self._program = program
        self._exit = ExitStack()
        self._running: Running | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._running = self._exit.enter_context(running(self._program, port=self.port))

    def kill(self) -> None:
        """Kill it and its children."""
        self._exit.close()

    def restart(self) -> None:
        """Kill it and its children, and start it anew."""
        self.kill()
        self.start()

    def stop_and_start(self) -> None:
        """Send SIGTERM, wait for its end, and start it anew."""
        self._process().stop()
        self.restart()

    def kill_alone(self) -> None:
        """Kill the process and none of its children, and start it anew."""
        os.kill(self._process().pid, signal.SIGKILL)
        self._process().process.wait()
        self.restart()

    def kill_a_child(self) -> None:
        """Kill one of its children, which it starts again by itself."""
        children = Path(f"/proc/{self._process().pid}/task/{self._process().pid}/children")
        for child in children.read_text().split()[:1]:
            os.kill(int(child), signal.SIGKILL)

    def send(self, signal_number: int) -> None:
        """Send a signal to it and its children."""
        os.killpg(self._process().pid, signal_number)

    def log(self) -> str:
        """Return what it has written since it was last started."""
        return self._process().output()

    @property
    def is_server(self) -> bool:
        """Whether it combines steps."""
        return self.name.startswith("server")

    def _process(self) -> Running:
        assert self._running
        return self._running


@dataclass
class Cluster:
    """The nodes of one round, on a table of its own.

    Attributes:
        dynamodb: DynamoDB Local, which keeps its data on disk.
        proxy: What lies between it and the backends.
        backends: The servers, then the Lambda backend.
        settings: Lead to the table, not by way of the proxy.
    """

    dynamodb: Node
    proxy: ProxyControl
    settings: Settings
    backends: list[Node] = field(default_factory=list)

    @property
    def table(self) -> CounterRepository:
        """The table, past all backends and faults."""
        return CounterRepository(create_client(self.settings), self.settings.table_name)


@contextmanager
def dynamodb() -> Iterator[Node]:
    """Run DynamoDB Local with its data on disk."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        node = Node("dynamodb", programs.dynamodb(port=port, data_dir=Path(folder)), port)
        node.start()
        try:
            yield node
        finally:
            node.kill()


@contextmanager
def cluster(
    database: Node,
    *,
    start: int,
    variables: dict[str, str],
) -> Iterator[Cluster]:
    """Run servers of some processes each and the Lambda backend on a new table.

    Args:
        database: DynamoDB Local.
        start: The index to start from.
        variables: The backends' environment.
    """
    table = {"COUNTER_TABLE_NAME": f"round-{uuid.uuid4().hex}"}
    settings = Settings.from_environ(
        local_environment(dynamodb_port=database.port, variables=table)
    )
    create_and_seed(settings)
    with ExitStack() as stack:
        port = free_port()
        stack.enter_context(running(proxy_program(port, database.port, limited=True), port=port))
        started = Cluster(database, ProxyControl(port), settings)
        started.table.update(
            UpdateExpression="SET #value = :start",
            ExpressionAttributeNames={"#value": INDEX_NAME},
            ExpressionAttributeValues={":start": {"N": str(start)}},
        )
        kinds: list[tuple[str, Callable[..., Program], dict[str, str]]] = [
            *[
                (f"server {number}", programs.server, {"WEB_CONCURRENCY": PROCESSES_A_SERVER})
                for number in range(1, SERVERS + 1)
            ],
            ("lambda", programs.lambda_api, {}),
        ]
        for name, program, own in kinds:
            own_port = free_port()
            node = Node(
                name,
                program(port=own_port, dynamodb_port=port, **table, **variables, **own),
                own_port,
            )
            node.start()
            stack.callback(node.kill)
            started.backends.append(node)
        yield started
