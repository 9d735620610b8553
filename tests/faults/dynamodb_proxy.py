"""A proxy in front of DynamoDB Local: it keeps a partition's limits, and injects faults.

    python -m tests.faults.dynamodb_proxy PORT UPSTREAM_PORT [--share PART] [--certificate FILE]

With `--share 1`, one item takes 1,000 write and 3,000 read units a second, and up to one second of
unused units is kept. A smaller share is that part of them. Past that the proxy throttles as
DynamoDB does:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html

A backend can use it as DynamoDB's address or as an HTTP forward proxy, which gets requests with a
whole URL. With `--certificate`, it also takes CONNECT: it then plays DynamoDB inside the tunnel, so
that all faults happen there too. Whatever the URL is, DynamoDB Local answers (`upstream.py`).

These requests control the proxy while it runs (`proxy_control.py`):

- `GET /counts` returns how many requests arrived and which faults happened.
- `PUT /faults` sets seed and rates of a `FaultPlan`.
- `PUT /call-seconds` sets how long a call takes.
- `PUT /outage` refuses all connections for so many seconds.
- `PUT /flush` delivers every late request now.
"""

import argparse
import asyncio
import json
import ssl
import time
from collections import Counter
from contextlib import suppress

from tests.faults.connection_ends import Broken, Dripping, Silent
from tests.faults.false_answers import answer, false_answer
from tests.faults.faults import Arrival, Fault, FaultPlan, FaultRates, Reply
from tests.faults.http_messages import Message, exchange, read_message
from tests.faults.token_bucket import READ_UNITS, WRITE_UNITS, TokenBucket
from tests.faults.upstream import Connection, Upstream

CALL_SECONDS = 0.005


class DynamoDBProxy:
    """Passes requests on to DynamoDB Local.

    Args:
        port: Where it listens.
        upstream_port: Where DynamoDB Local does.
        share: The part of a partition's units that it allows; None for no limits.
        tls: Serves what is inside of a tunnel; None where CONNECT is not taken.
    """

    def __init__(
        self,
        port: int,
        upstream_port: int,
        *,
        share: float | None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._port = port
        self._limited = share is not None
        self._tls = tls
        self._call_seconds = CALL_SECONDS
        self._writes, self._reads = (
            TokenBucket(units * (share or 0)) for units in (WRITE_UNITS, READ_UNITS)
        )
        self._plan = FaultPlan(FaultRates(), 0)
        self._counts: Counter[str] = Counter(reads=0, writes=0, throttled=0)
        self._upstream = Upstream(upstream_port, self._counts)
        self._clients: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def run(self) -> None:
        """Listen until the process is killed."""
        await self._listen()
        await asyncio.Event().wait()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    async def _serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        """Serve one connection of a client, which gets one connection to DynamoDB Local."""
        self._clients.add(answers)
        upstream: Connection | None = None
        try:
            upstream = await self._upstream.connect()
            while message := await read_message(client):
                if message[0].startswith(b"CONNECT "):
                    await self._open_tunnel(answers)
                    continue
                if message[0].startswith((b"GET /", b"PUT /")):
                    self._clients.discard(answers)  # no outage cuts it
                    told = await self._control(message)
                else:
                    told = await self._pass_on(message, upstream)
                answers.write(told[0] + told[1])
                await answers.drain()
        except Silent:
            await client.read()
        except Dripping as dripping:
            await self._drip(dripping.sent, answers)
        except Broken as broken:
            with suppress(ConnectionError):
                answers.write(broken.sent)
                await answers.drain()
            if broken.reset:
                answers.transport.abort()
        except (OSError, asyncio.CancelledError):
            answers.transport.abort()
        finally:
            self._clients.discard(answers)
            answers.close()
            if upstream:
                upstream[1].close()

    async def _open_tunnel(self, answers: asyncio.StreamWriter) -> None:
        """Go on with TLS on the same connection, or refuse as a forward proxy does.

        Raises:
            Broken: The tunnel was refused.
        """
        fault = self._plan.draw()
        if fault and fault.reply is Reply.NOT_DYNAMODB:
            self._counts["tunnel_refused"] += 1
            raise Broken(b"".join(false_answer(fault.reply, self._plan.random)), reset=False)
        answers.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
        await answers.drain()
        if self._tls:
            await answers.start_tls(self._tls)

    async def _drip(self, sent: bytes, answers: asyncio.StreamWriter) -> None:
        plan = self._plan
        for byte in sent:
            answers.write(bytes([byte]))
            await answers.drain()
            await asyncio.sleep(plan.random.uniform(0, plan.rates.drip_seconds))

    async def _pass_on(self, message: Message, upstream: Connection) -> Message:
        """Pass on one call to DynamoDB, with the fault that befalls it."""
        started = time.monotonic()
        head, body = message
        writes, reads = b".UpdateItem" in head, b".GetItem" in head
        if not writes and not reads:
            return await exchange(message, *upstream)
        self._counts["writes" if writes else "reads"] += 1
        fault = self._plan.draw()
        if fault and fault.arrival is Arrival.TWICE and not (writes and _applies_once(body)):
            fault = None
        if fault is None and self._limited and not (self._writes if writes else self._reads).take():
            fault = Fault.THROTTLED
        if fault:
            self._counts[fault.name.lower()] += 1
        true = await self._arrive(fault.arrival if fault else Arrival.ONCE, message)
        if true is None:
            true = await self._upstream.ask(message, upstream)
        told = await self._reply(fault.reply if fault else Reply.TRUE, true)
        await asyncio.sleep(self._call_seconds - (time.monotonic() - started))
        return told

    async def _arrive(self, arrival: Arrival, message: Message) -> Message | None:
        """Let the request arrive as the fault says.

        Returns:
            An empty answer if the request does not arrive now; None if it still has to be passed on
            once.
        """
        match arrival:
            case Arrival.NEVER:
                return b"", b""
            case Arrival.LATE:
                seconds = self._seconds(self._plan.rates.late_seconds)
                self._upstream.deliver_late(message, seconds=seconds)
                return b"", b""
            case Arrival.SLOWLY:
                await asyncio.sleep(self._seconds(self._plan.rates.slow_seconds))
            case Arrival.TWICE:
                await self._upstream.deliver(message)
        return None

    async def _reply(self, reply: Reply, true: Message) -> Message:
        """Return what the client is answered.

        Raises:
            Broken: The connection ends instead.
            Silent: The client is not answered.
            Dripping: The answer comes byte by byte.
        """
        random = self._plan.random
        match reply:
            case Reply.TRUE:
                return true
            case Reply.SLOW:
                await asyncio.sleep(self._seconds(self._plan.rates.slow_seconds))
                return true
            case Reply.DRIPPING:
                raise Dripping(true[0] + true[1])
            case Reply.CUT:
                whole = true[0] + true[1]
                raise Broken(whole[: random.randrange(len(whole))], reset=random.random() < 0.5)
            case Reply.NOTHING:
                raise Silent
            case Reply.RESET:
                raise Broken
        return false_answer(reply, random)

    def _seconds(self, most: float) -> float:
        return self._plan.random.uniform(0, most)

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
            await self._upstream.flush()
        return answer(b"200 OK", json.dumps(self._counts).encode())

    async def _refuse_all(self, seconds: float) -> None:
        self._counts["outages"] += 1
        if self._server:
            self._server.close()
        for client in list(self._clients):
            client.transport.abort()
        await asyncio.sleep(seconds)
        await self._listen()


def _applies_once(body: bytes) -> bool:
    """Return whether a write is safe to deliver twice.

    A write that moves the index is safe if it carries its writer's number. The Lambda function
    sends no number, and neither does a server for whose entry the item has no room. Nothing can
    distinguish a second delivery of such a write from a second step.
    """
    return b":net" not in body or b":first" in body


def _tls(certificate: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def main() -> None:
    """Run the proxy that the command line describes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("upstream_port", type=int)
    parser.add_argument("--share", type=float, help="allow this part of a partition's units")
    parser.add_argument("--certificate", help="take CONNECT, and serve TLS by this PEM file")
    arguments = parser.parse_args()
    proxy = DynamoDBProxy(
        arguments.port,
        arguments.upstream_port,
        share=arguments.share,
        tls=_tls(arguments.certificate) if arguments.certificate else None,
    )
    asyncio.run(proxy.run())


if __name__ == "__main__":
    main()
