"""DynamoDB Local behind the proxy: requests passed on now or late, and stale reads."""

import asyncio
import time
from collections import Counter
from contextlib import suppress

from tests.faults.http_messages import Message, exchange

STALE_SECONDS = 0.2

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Upstream:
    """Passes requests on to DynamoDB Local.

    Args:
        port: Where DynamoDB Local listens.
        counts: Counts every answer of 200 to a write under "moves".
    """

    def __init__(self, port: int, counts: Counter[str]) -> None:
        self._port = port
        self._counts = counts
        self._copies: dict[bytes, tuple[float, Message]] = {}
        self._late: set[asyncio.Task[None]] = set()
        self._flush = asyncio.Event()

    async def connect(self) -> Connection:
        """Open a connection to DynamoDB Local."""
        return await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, message: Message, connection: Connection) -> Message:
        """Pass a request on and return DynamoDB's answer.

        A `GetItem` that does not ask for a consistent read may get an answer that is up to
        `STALE_SECONDS` old.
        """
        head, body = message
        if b".GetItem" in head and b'"ConsistentRead": true' not in body:
            now = time.monotonic()
            stale = self._copies.get(body)
            if stale is None or now - stale[0] > STALE_SECONDS:
                stale = self._copies[body] = now, await exchange(message, *connection)
            return stale[1]
        true = await exchange(message, *connection)
        self._counts["moves"] += b".UpdateItem" in head and _is_ok(true)
        return true

    async def deliver(self, message: Message) -> None:
        """Deliver a request and drop its answer."""
        with suppress(OSError):
            connection = await self.connect()
            self._counts["moves"] += _is_ok(await exchange(message, *connection))
            connection[1].close()

    def deliver_late(self, message: Message, *, seconds: float) -> None:
        """Deliver a request after so many seconds, or at the next flush, and drop its answer."""
        task = asyncio.create_task(self._deliver_late(message, seconds))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def flush(self) -> None:
        """Deliver every late request now."""
        self._flush.set()
        if self._late:
            await asyncio.wait(self._late)
        self._flush.clear()

    async def _deliver_late(self, message: Message, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._flush.wait(), seconds)
        await self.deliver(message)


def _is_ok(answer: Message) -> bool:
    return answer[0].startswith(b"HTTP/1.1 200")
