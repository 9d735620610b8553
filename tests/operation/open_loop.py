"""An open loop: requests at a constant rate, whether or not earlier ones are answered.

The latency of a request counts from when it was due, not from when a free connection sent it.
Otherwise a slow answer would delay the requests after it, and their waiting would not be measured.
"""

import json
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

CONNECTIONS = 3_500
"""Past them a request waits for one to be free. The server takes 4,096 (`worker_connections`)."""

_TICK_SECONDS = 0.005
_LONGEST_WAIT_SECONDS = 30.0


class Answered(NamedTuple):
    """What came of one request; times in seconds since the first was due."""

    due: float
    answered: float
    status: int
    head: bytes
    body: bytes

    @property
    def latency(self) -> float:
        """How long it took, in seconds."""
        return self.answered - self.due

    @property
    def problem(self) -> str:
        """The type of the problem that the answer tells of."""
        kind: str = json.loads(self.body)["type"]
        return kind


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.settimeout(0)
        self.due = 0.0
        self.received = b""


def offer(
    request: bytes,
    *,
    port: int,
    rate: float,
    seconds: float,
    at_start: Callable[[], None] = lambda: None,
) -> list[Answered]:
    """Send `request` at `rate` a second, and return what came of each.

    Args:
        request: The whole of it.
        port: Where to, on this machine.
        rate: Requests a second.
        seconds: For how long; then it waits for the answers that are missing.
        at_start: Called when all are open and the first request is due.

    Raises:
        ConnectionError: A connection broke.
        TimeoutError: An answer did not come within half a minute after the last request.
    """
    selector = selectors.DefaultSelector()
    free = deque(_Connection(port) for _ in range(CONNECTIONS))
    everyone = list(free)
    for connection in everyone:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    answers: list[Answered] = []
    total = round(rate * seconds)
    sent = 0
    at_start()
    began = time.monotonic()
    try:
        while len(answers) < total:
            now = time.monotonic() - began
            while sent < min(total, now * rate) and free:
                connection = free.popleft()
                connection.due = sent / rate
                connection.socket.send(request)
                sent += 1
            if now > seconds + _LONGEST_WAIT_SECONDS:
                raise TimeoutError(f"{total - len(answers)} requests have no answer")
            for key, _ in selector.select(_TICK_SECONDS):
                if answer := _read(key.data, began):
                    answers.append(answer)
                    free.append(key.data)
    finally:
        selector.close()
        for connection in everyone:
            connection.socket.close()
    return answers


def _read(connection: _Connection, began: float) -> Answered | None:
    received = connection.socket.recv(65_536)
    if not received:
        raise ConnectionError("the server closed a connection")
    connection.received += received
    head, end, body = connection.received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
    if not end or len(body) < length:
        return None
    connection.received = b""
    now = time.monotonic() - began
    return Answered(connection.due, now, int(head[9:12]), head, body)
