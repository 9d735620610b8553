"""A local load balancer that behaves like AWS's: it removes a target before the target is stopped.

It keeps connections to its targets and never repeats a request. If a target leaves a request
unanswered, the client gets a 502.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import count

from tests.faults.http_messages import read_message

_BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class LoadBalancer:
    """Passes each request on to the next of its targets in turn.

    Attributes:
        port: Where it listens, once started.
    """

    def __init__(self) -> None:
        self.port = 0
        self._targets: list[_Target] = []
        self._taken_out: list[_Target] = []
        self._turn = count()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen until the context is left; then close what is idle."""
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield
        for target in self._targets + self._taken_out:
            for _, requests in target.idle:
                requests.close()

    def add(self, port: int) -> None:
        """Send requests to `port` too."""
        self._targets.append(_Target(port))

    async def take_out(self, port: int) -> None:
        """Send no more requests to `port`, and wait for the answers to those on their way.

        The connections stay open, as idle as they are.
        """
        (target,) = [target for target in self._targets if target.port == port]
        self._targets.remove(target)
        self._taken_out.append(target)
        await target.quiet.wait()

    async def _serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while request := await read_message(client):
                answers.write(await self._ask(b"".join(request)))
                await answers.drain()
        answers.close()

    async def _ask(self, request: bytes) -> bytes:
        target = self._targets[next(self._turn) % len(self._targets)]
        with target.in_flight():
            try:
                connection = await target.connection()
                upstream, requests = connection
                requests.write(request)
                answer = await read_message(upstream)
            except OSError:
                answer = None
        if answer is None:
            return _BAD_GATEWAY
        if b"connection: close" in answer[0].lower():
            requests.close()
        else:
            target.idle.append(connection)
        return b"".join(answer)


class _Target:
    """Where requests are passed on to.

    Attributes:
        idle: The connections to it that wait for a request.
        quiet: Set while no request is on its way.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.idle: list[Connection] = []
        self.quiet = asyncio.Event()
        self.quiet.set()
        self._on_their_way = 0

    async def connection(self) -> Connection:
        return (
            self.idle.pop() if self.idle else await asyncio.open_connection("127.0.0.1", self.port)
        )

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        self._on_their_way += 1
        self.quiet.clear()
        try:
            yield
        finally:
            self._on_their_way -= 1
            if not self._on_their_way:
                self.quiet.set()
