"""What lies between a backend and DynamoDB: a partition's limits, and a network that fails.

    python -m tests.faults.dynamodb_proxy PORT UPSTREAM_PORT [--limited]

With `--limited`, one item takes 1,000 write and 3,000 read units a second, with what was not used
of up to a second; past that it throttles as DynamoDB does:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html

It is told what to do while it runs, by requests of its own: `GET /counts` tells what arrived and
what befell it; `PUT /faults` sets seed and rates of a `FaultPlan`; `PUT /call-seconds` how long a
call takes; `PUT /outage` refuses all connections for so many seconds; `PUT /flush` delivers every
late request now. A `GetItem` that asks for no consistent read is answered from a copy up to 200 ms
old, as DynamoDB may.
"""

import argparse
import asyncio
import json
import time
from collections import Counter
from contextlib import suppress

from tests.faults.faults import Fault, FaultPlan, FaultRates

WRITE_UNITS = 1_000.0
READ_UNITS = 3_000.0
CALL_SECONDS = 0.005
STALE_SECONDS = 0.2

_THROTTLED = (
    b"400 Bad Request",
    b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Too many."}',
)
_FAILED = (
    b"500 Internal Server Error",
    b'{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"Failed."}',
)

Message = tuple[bytes, bytes]


class Bucket:
    """So many units a second, kept for up to one second."""

    def __init__(self, units: float) -> None:
        self._units = units
        self._left = units
        self._since = time.monotonic()

    def take(self) -> bool:
        """Take one unit if there is one."""
        now = time.monotonic()
        self._left = min(self._units, self._left + (now - self._since) * self._units)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """Return head and body of the next message, or None at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        return head, await reader.readexactly(length) if length else b""
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


class Broken(Exception):
    """The connection to the client is to be broken now, after the bytes given."""


class Silent(Exception):
    """The client is to wait until it gives up."""


class DynamoDBProxy:
    """Passes requests on to DynamoDB Local.

    Args:
        port: Where it listens.
        upstream_port: Where DynamoDB Local does.
        limited: Whether the partition's limits hold.
    """

    def __init__(self, port: int, upstream_port: int, *, limited: bool) -> None:
        self._port = port
        self._upstream_port = upstream_port
        self._limited = limited
        self._call_seconds = CALL_SECONDS
        self._writes, self._reads = Bucket(WRITE_UNITS), Bucket(READ_UNITS)
        self._plan = FaultPlan(FaultRates(), 0)
        self._counts: Counter[str] = Counter(reads=0, writes=0, throttled=0)
        self._copies: dict[bytes, tuple[float, Message]] = {}
        self._late: set[asyncio.Task[None]] = set()
        self._flush = asyncio.Event()
        self._clients: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def run(self) -> None:
        """Listen, for ever."""
        await self._listen()
        await asyncio.Event().wait()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    async def _serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        """Serve one connection, over a connection of its own to DynamoDB Local."""
        self._clients.add(answers)
        requests: asyncio.StreamWriter | None = None
        try:
            upstream, requests = await asyncio.open_connection("127.0.0.1", self._upstream_port)
            while message := await read_message(client):
                if message[0].startswith((b"GET /", b"PUT /")):
                    self._clients.discard(answers)  # no outage cuts it
                    answer = await self._control(message)
                else:
                    answer = await self._pass_on(message, upstream, requests)
                answers.write(answer[0] + answer[1])
                await answers.drain()
        except Silent:
            await client.read()
        except Broken as broken:
            with suppress(ConnectionError):
                answers.write(b"".join(broken.args))
                await answers.drain()
            answers.transport.abort()
        except (OSError, asyncio.CancelledError):
            answers.transport.abort()
        finally:
            self._clients.discard(answers)
            answers.close()
            if requests:
                requests.close()

    async def _pass_on(
        self,
        message: Message,
        upstream: asyncio.StreamReader,
        requests: asyncio.StreamWriter,
    ) -> Message:
        """Do one call to DynamoDB, with what befalls it."""
        started = time.monotonic()
        head, body = message
        writes, reads = b".UpdateItem" in head, b".GetItem" in head
        if not writes and not reads:
            return await _call(message, upstream, requests)
        self._counts["writes" if writes else "reads"] += 1
        fault = self._plan.draw()
        if fault is None and self._limited and not (self._writes if writes else self._reads).take():
            fault = Fault.THROTTLED
        if fault:
            self._counts[fault.name.lower()] += 1
        answer = await self._befall(fault, message)
        if answer is None:
            stale = self._copies.get(body)
            if reads and b'"ConsistentRead": true' not in body:
                if stale is None or started - stale[0] > STALE_SECONDS:
                    stale = self._copies[body] = started, await _call(message, upstream, requests)
                answer = stale[1]
            else:
                answer = await _call(message, upstream, requests)
                self._counts["moves"] += writes and answer[0].startswith(b"HTTP/1.1 200")
            answer = await self._after(fault, answer)
        await asyncio.sleep(self._call_seconds - (time.monotonic() - started))
        return answer

    async def _befall(self, fault: Fault | None, message: Message) -> Message | None:
        """Do what befalls a request before it is served; return the answer if it ends there."""
        match fault:
            case Fault.REFUSED:
                raise Broken
            case Fault.LOST:
                raise Silent
            case Fault.LATE:
                self._keep_for_later(message)
                raise Silent
            case Fault.FAILED_LATE:
                self._keep_for_later(message)
                return _answer(*_FAILED)
            case Fault.SLOW_REQUEST:
                await asyncio.sleep(self._plan.seconds(self._plan.rates.slow_seconds))
            case Fault.FAILED_BEFORE:
                return _answer(*_FAILED)
            case Fault.THROTTLED:
                return _answer(*_THROTTLED)
        return None

    async def _after(self, fault: Fault | None, answer: Message) -> Message:
        """Do what befalls the answer of a request that was served."""
        match fault:
            case Fault.UNANSWERED:
                raise Silent
            case Fault.CUT:
                raise Broken(answer[0], answer[1][: len(answer[1]) // 2])
            case Fault.SLOW_ANSWER:
                await asyncio.sleep(self._plan.seconds(self._plan.rates.slow_seconds))
            case Fault.FAILED_AFTER:
                return _answer(*_FAILED)
        return answer

    def _keep_for_later(self, message: Message) -> None:
        task = asyncio.create_task(self._deliver_late(message))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _deliver_late(self, message: Message) -> None:
        late = self._plan.seconds(self._plan.rates.late_seconds)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._flush.wait(), late)
        with suppress(OSError):
            upstream, requests = await asyncio.open_connection("127.0.0.1", self._upstream_port)
            answer = await _call(message, upstream, requests)
            self._counts["moves"] += answer[0].startswith(b"HTTP/1.1 200")
            requests.close()

    async def _control(self, message: Message) -> Message:
        head, body = message
        asked = head.split(b" ", 2)[1]
        told = json.loads(body or b"{}")
        if asked == b"/faults":
            self._plan = FaultPlan(FaultRates(**told["rates"]), told["seed"])
        elif asked == b"/call-seconds":
            self._call_seconds = told
        elif asked == b"/outage":
            self._outage = asyncio.create_task(self._refuse_all(told))
        elif asked == b"/flush":
            self._flush.set()
            if self._late:
                await asyncio.wait(self._late)
            self._flush.clear()
        return _answer(b"200 OK", json.dumps(self._counts).encode())

    async def _refuse_all(self, seconds: float) -> None:
        self._counts["outages"] += 1
        if self._server:
            self._server.close()
        for client in list(self._clients):
            client.transport.abort()
        await asyncio.sleep(seconds)
        await self._listen()


async def _call(
    message: Message, upstream: asyncio.StreamReader, requests: asyncio.StreamWriter
) -> Message:
    requests.write(message[0] + message[1])
    answer = await read_message(upstream)
    if answer is None:
        raise Broken
    return answer


def _answer(status: bytes, body: bytes) -> Message:
    head = b"HTTP/1.1 %b\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(body)), body


def main() -> None:
    """Run the proxy that the command line describes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("upstream_port", type=int)
    parser.add_argument("--limited", action="store_true", help="keep a partition's limits")
    arguments = parser.parse_args()
    proxy = DynamoDBProxy(
        arguments.port,
        arguments.upstream_port,
        limited=arguments.limited,
    )
    asyncio.run(proxy.run())


if __name__ == "__main__":
    main()
