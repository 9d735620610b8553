"""A load balancer as AWS's is one: a target is taken out before it is told to stop.

It keeps connections to its targets and never repeats a request: one that its target leaves
unanswered is a 502.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count

from tests.faults.dynamodb_proxy import read_message

_BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class LoadBalancer:
    """Passes each request on to the next of its targets in turn.

    Attributes:
        port: Where it listens, once started.
    """

    def __init__(self) -> None:
        self.port = 0
        self._idle: dict[int, list[Connection]] = {}
        self._in_flight: dict[int, int] = {}
        self._targets: list[int] = []
        self._turn = count()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen until the context is left; then close what is idle."""
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield
        for connections in self._idle.values():
            for _, requests in connections:
                requests.close()

    def add(self, port: int) -> None:
        """Send requests to `port` too."""
        self._idle[port], self._in_flight[port] = [], 0
        self._targets.append(port)

    async def take_out(self, port: int) -> None:
        """Send no more requests to `port`, and wait for the answers to those on their way.

        The connections stay open, as idle as they are.
        """
        self._targets.remove(port)
        while self._in_flight[port]:
            await asyncio.sleep(0.01)

    async def _serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while request := await read_message(client):
                answers.write(await self._ask(b"".join(request)))
                await answers.drain()
        answers.close()

    async def _ask(self, request: bytes) -> bytes:
        port = self._targets[next(self._turn) % len(self._targets)]
        self._in_flight[port] += 1
        try:
            if self._idle[port]:
                connection = self._idle[port].pop()
            else:
                connection = await asyncio.open_connection("127.0.0.1", port)
            upstream, requests = connection
            requests.write(request)
            answer = await read_message(upstream)
        except OSError:
            answer = None
        finally:
            self._in_flight[port] -= 1
        if answer is None:
            return _BAD_GATEWAY
        if b"connection: close" in answer[0].lower():
            requests.close()
        else:
            self._idle[port].append(connection)
        return b"".join(answer)
