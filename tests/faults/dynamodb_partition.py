"""A model of a DynamoDB partition, in front of DynamoDB Local.

    python -m tests.faults.dynamodb_partition PORT UPSTREAM_PORT [--unlimited]

One item takes 1,000 write and 3,000 read units a second, with what was not used of up to a
second; past that it throttles as DynamoDB does. A call takes some 5 ms. `GET /counts` tells how
many reads and writes arrived and how many of them were throttled.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
"""

import argparse
import asyncio
import json
import time
from dataclasses import asdict, dataclass

WRITE_UNITS = 1_000.0
READ_UNITS = 3_000.0
CALL_SECONDS = 0.005

_THROTTLED = json.dumps(
    {
        "__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException",
        "message": "Throughput exceeds the current capacity of your table or index.",
    }
).encode()


@dataclass
class Counts:
    """What arrived, and what of it was throttled."""

    reads: int = 0
    writes: int = 0
    throttled: int = 0


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


async def _read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes] | None:
    """Return head and body of the next message, or None at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line[15:])
    return head, await reader.readexactly(length) if length else b""


class Partition:
    """Passes requests on to DynamoDB Local, within the limits of one partition."""

    def __init__(self, upstream_port: int, *, limited: bool) -> None:
        self._upstream_port = upstream_port
        self._limited = limited
        self._writes, self._reads = Bucket(WRITE_UNITS), Bucket(READ_UNITS)
        self._counts = Counts()

    async def serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        """Serve one connection, over a connection of its own to DynamoDB Local."""
        upstream, requests = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        try:
            while message := await _read_message(client):
                head, body = message
                if head.startswith(b"GET /counts"):
                    answers.write(_answer(b"200 OK", json.dumps(asdict(self._counts)).encode()))
                elif self._takes(head):
                    started = time.monotonic()
                    requests.write(head + body)
                    answer = await _read_message(upstream)
                    if answer is None:
                        return
                    await asyncio.sleep(CALL_SECONDS - (time.monotonic() - started))
                    answers.write(answer[0] + answer[1])
                else:
                    await asyncio.sleep(CALL_SECONDS)
                    answers.write(_answer(b"400 Bad Request", _THROTTLED))
                await answers.drain()
        except ConnectionError:
            pass
        finally:
            requests.close()
            answers.close()

    def _takes(self, head: bytes) -> bool:
        if b".UpdateItem" in head:
            self._counts.writes += 1
            bucket = self._writes
        elif b".GetItem" in head:
            self._counts.reads += 1
            bucket = self._reads
        else:
            return True
        if not self._limited or bucket.take():
            return True
        self._counts.throttled += 1
        return False


def _answer(status: bytes, body: bytes) -> bytes:
    return (
        b"HTTP/1.1 %b\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n\r\n%b"
        % (status, len(body), body)
    )


async def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("upstream_port", type=int)
    parser.add_argument(
        "--unlimited", action="store_true", help="delay and count, throttle nothing"
    )
    arguments = parser.parse_args()
    partition = Partition(arguments.upstream_port, limited=not arguments.unlimited)
    server = await asyncio.start_server(partition.serve, "127.0.0.1", arguments.port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
