"""A cluster on one table: servers, the Lambda backend, the fault proxy, and DynamoDB Local."""

import os
import signal
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import trustme
from fibcore import Settings
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.item import INDEX_NAME, KEY_NAME, KEY_VALUE, WriterNames
from fibcore.dynamodb.repository import CounterRepository
from local_stack import programs
from local_stack.environment import local_environment
from local_stack.programs import Program
from local_stack.table import create_and_seed

from tests.faults.proxy_control import ProxyControl, proxy_program
from tests.processes import Running, free_port, running

SERVERS = 2
PROCESSES_A_SERVER = "2"
_AUTHORITY = "authority.pem"
_NO_EXCEPTIONS = {"NO_PROXY": "", "no_proxy": ""}


class Node:
    """A process, with its children, that can be killed and started again.

    Args:
        name: Its name in messages.
        program: Its command and environment.
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
        """Kill it and its children, and start it again."""
        self.kill()
        self.start()

    def stop_and_start(self) -> None:
        """Send SIGTERM, wait until it has ended, and start it again."""
        self._process().stop()
        self.restart()

    def kill_alone(self) -> None:
        """Kill the process but none of its children, and start it again."""
        os.kill(self._process().pid, signal.SIGKILL)
        self._process().process.wait()
        self.restart()

    def kill_a_child(self) -> None:
        """Kill one of its children; it starts another one by itself."""
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
        """Whether it batches steps."""
        return self.name.startswith("server")

    def _process(self) -> Running:
        assert self._running
        return self._running


class Route(Enum):
    """How the backends reach DynamoDB; the faults happen on each of these ways."""

    DIRECT = "directly"
    FORWARD_PROXY = "through an HTTP forward proxy"
    TUNNEL = "through a forward proxy's CONNECT, with TLS"

    def variables(self, *, proxy_port: int, authority: Path) -> dict[str, str]:
        """Return the environment that leads a backend this way.

        Args:
            proxy_port: Where the proxy listens.
            authority: The PEM file of the authority that signed the proxy's certificate.
        """
        proxy = f"http://127.0.0.1:{proxy_port}"
        if self is Route.FORWARD_PROXY:
            return {"HTTP_PROXY": proxy, "http_proxy": proxy, **_NO_EXCEPTIONS}
        if self is Route.TUNNEL:
            return {
                "AWS_ENDPOINT_URL_DYNAMODB": "https://localhost",
                "AWS_CA_BUNDLE": str(authority),
                "HTTPS_PROXY": proxy,
                "https_proxy": proxy,
                **_NO_EXCEPTIONS,
            }
        return {}


@dataclass
class Cluster:
    """The processes of one round, on a table of its own.

    Attributes:
        dynamodb: DynamoDB Local, which keeps its data on disk.
        proxy: The fault proxy, between it and the backends.
        backends: The servers, then the Lambda backend.
        settings: Lead to the table, past the proxy.
    """

    dynamodb: Node
    proxy: ProxyControl
    settings: Settings
    backends: list[Node] = field(default_factory=list)

    @property
    def table(self) -> CounterRepository:
        """The table, past the proxy."""
        return CounterRepository(create_client(self.settings), self.settings.table_name)

    def remove_entry(self, entry: WriterNames) -> None:
        """Remove a writer's entry, whatever it holds."""
        create_client(self.settings).update_item(
            TableName=self.settings.table_name,
            Key={KEY_NAME: {"S": KEY_VALUE}},
            UpdateExpression="REMOVE #number, #index",
            ExpressionAttributeNames={"#number": entry.of_number, "#index": entry.of_index},
        )


def _certificate(folder: Path) -> Path:
    """Write a certificate for localhost and its authority, and return the certificate's file."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / _AUTHORITY)
    path = folder / "localhost.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(path)
    return path


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
    route: Route = Route.DIRECT,
    variables: dict[str, str],
) -> Iterator[Cluster]:
    """Run servers of some processes each and the Lambda backend on a new table.

    Args:
        database: DynamoDB Local.
        start: The index to start from.
        route: How the backends reach DynamoDB.
        variables: The backends' environment.
    """
    table = {"COUNTER_TABLE_NAME": f"round-{uuid.uuid4().hex}"}
    settings = Settings.from_environ(
        local_environment(dynamodb_port=database.port, variables=table)
    )
    create_and_seed(settings)
    with ExitStack() as stack:
        port = free_port()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        proxy = proxy_program(port, database.port, share=1.0, certificate=_certificate(folder))
        stack.enter_context(running(proxy, port=port))
        environment = {
            **table,
            **route.variables(proxy_port=port, authority=folder / _AUTHORITY),
            **variables,
        }
        started = Cluster(database, ProxyControl(port), settings)
        create_client(settings).update_item(
            TableName=settings.table_name,
            Key={KEY_NAME: {"S": KEY_VALUE}},
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
                program(port=own_port, dynamodb_port=port, **environment, **own),
                own_port,
            )
            node.start()
            stack.callback(node.kill)
            started.backends.append(node)
        yield started
