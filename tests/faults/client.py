"""A client that records each request: when it asked, when it was answered, and the outcome."""

import http.client
import json
import time
from dataclasses import dataclass, field
from typing import Any

from fibcore.counter import Operation
from fibcore.errors import CounterError, OutcomeUnknown, Unavailable
from fibcore.fibonacci import Fibonacci
from fibcore.http import contract, problems

from tests.faults.cluster import Node
from tests.linearizability import Call

_ROUTES = {route.operation: route for route in contract.ROUTES if route.operation}


class BrokenPromise(AssertionError):
    """An answer that the contract does not allow."""


@dataclass
class Client:
    """One client, with one connection to each node.

    Args:
        patience_seconds: A request that takes longer is a broken promise.

    Attributes:
        history: The requests, with their times and outcomes.
        soonest_unknown: The shortest time, in seconds, after which a server answered that an
            outcome is unknown.
    """

    patience_seconds: float
    history: list[Call] = field(default_factory=list)
    soonest_unknown: float = float("inf")
    _connections: dict[int, http.client.HTTPConnection] = field(default_factory=dict)
    _fibonacci: Fibonacci = field(default_factory=Fibonacci)

    def ask(self, kind: Operation, node: Node) -> int | CounterError:
        """Ask `node`, record the outcome, and return it.

        Raises:
            BrokenPromise: The node gave an answer that the contract lacks, or none for too long.
        """
        invoked = time.monotonic()
        outcome = self._outcome(kind, node)
        answered = time.monotonic()
        self.history.append(Call(kind, invoked, answered, outcome))
        return outcome

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def _outcome(self, kind: Operation, node: Node) -> int | CounterError:
        connection = self._connections.get(node.port)
        try:
            if connection is None or connection.sock is None:
                connection = http.client.HTTPConnection(
                    "127.0.0.1", node.port, timeout=self.patience_seconds
                )
                self._connections[node.port] = connection
                connection.connect()
        except OSError as error:
            return Unavailable(f"no connection: {error}")
        route = _ROUTES[kind]
        asked = time.monotonic()
        try:
            connection.request(route.method, route.path)
            answer = connection.getresponse()
            body = answer.read()
        except TimeoutError as error:
            raise BrokenPromise(f"{node.name} left {kind} without an answer") from error
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return OutcomeUnknown(f"the connection broke: {error}")
        outcome = self._read(answer.status, body, node)
        if isinstance(outcome, OutcomeUnknown) and node.is_server:
            self.soonest_unknown = min(self.soonest_unknown, time.monotonic() - asked)
        return outcome

    def _read(self, status: int, body: bytes, node: Node) -> int | CounterError:
        try:
            said: dict[str, Any] = json.loads(body)
        except ValueError:
            said = {}
        if status == 200 and said["value"].encode() == self._fibonacci.digits(said["index"]):
            index: int = said["index"]
            return index
        for error, problem in problems.PROBLEM_BY_ERROR.items():
            if (status, said.get("type")) == (problem.status, problem.type):
                return error(said.get("index", node.name))
        raise BrokenPromise(f"{node.name} answered {status} {body[:200]!r}")
