"""A deploy under load: new process up, old one taken out and stopped, and no client notices."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest
from fibcore import Settings
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.repository import CounterRepository
from local_stack import programs
from server_api import server_timeouts

from tests.faults.http_messages import read_message
from tests.operation.load_balancer_stand_in import LoadBalancer
from tests.processes import Running, free_port, running

REQUESTS = 20_000
CLIENTS = 32
RESTARTS = 3
STEP = b"POST /next HTTP/1.1\r\nHost: x\r\n\r\n"


class Servers:
    """Starts one server after another on one table."""

    def __init__(self, stack: ExitStack, settings: Settings) -> None:
        self._stack = stack
        self._settings = settings

    def start(self) -> tuple[int, Running]:
        port = free_port()
        program = programs.server(
            port=port,
            dynamodb_port=int((self._settings.endpoint_url or "").rpartition(":")[2]),
            COUNTER_TABLE_NAME=self._settings.table_name,
        )
        return port, self._stack.enter_context(running(program, port=port))


async def count_until(
    done: asyncio.Event, port: int, statuses: Counter[str], indexes: list[int]
) -> None:
    """Take one step after another, and note what came of each."""
    answers, requests = await asyncio.open_connection("127.0.0.1", port)
    while not done.is_set():
        requests.write(STEP)
        answer = await read_message(answers)
        if answer is None:
            statuses["cut off"] += 1
            answers, requests = await asyncio.open_connection("127.0.0.1", port)
            continue
        statuses[answer[0].split(b" ", 2)[1].decode()] += 1
        with suppress(ValueError, KeyError):
            indexes.append(json.loads(answer[1])["index"])
    requests.close()


async def deploy_under_load(servers: Servers) -> tuple[Counter[str], list[int], list[float]]:
    """Restart until enough is asked; return statuses, indexes, and how long each stop took."""
    balancer = LoadBalancer()
    statuses: Counter[str] = Counter()
    indexes: list[int] = []
    stops: list[float] = []
    done = asyncio.Event()
    async with balancer.listening():
        port, process = await asyncio.to_thread(servers.start)
        balancer.add(port)
        clients = [
            asyncio.create_task(count_until(done, balancer.port, statuses, indexes))
            for _ in range(CLIENTS)
        ]
        while len(stops) < RESTARTS or statuses.total() < REQUESTS:
            old_port, old_process = port, process
            port, process = await asyncio.to_thread(servers.start)
            balancer.add(port)
            await balancer.take_out(old_port)
            told = time.monotonic()
            assert await asyncio.to_thread(old_process.stop) == 0
            stops.append(time.monotonic() - told)
            assert old_process.loud_lines() == []
        done.set()
        await asyncio.gather(*clients)
    return statuses, indexes, stops


@pytest.mark.long
@pytest.mark.alone
@pytest.mark.timeout(300)
def test_rolling_restart_fails_no_request(new_table: Callable[..., Settings]) -> None:
    settings = new_table()
    # In a thread, since the browser of other tests runs an event loop in this one.
    with ExitStack() as stack, ThreadPoolExecutor(1) as thread:
        deploying = thread.submit(lambda: asyncio.run(deploy_under_load(Servers(stack, settings))))
        statuses, indexes, stops = deploying.result()
    print(
        f"{statuses.total():,} requests over {len(stops)} restarts: {dict(statuses)}; "
        f"stopped within {max(stops):.1f} s"
    )
    assert set(statuses) == {"200"}
    table = CounterRepository(create_client(settings), settings.table_name)
    assert sorted(indexes) == list(range(1, table.read_index() + 1))
    # Idle connections were held open all the while.
    assert max(stops) < server_timeouts.KILL
