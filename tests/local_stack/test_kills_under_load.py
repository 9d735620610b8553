"""`kill -9` of every process of the stack in turn, while clients count."""

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from fibcore.http import problems

from tests.api.http_client import Backend
from tests.local_stack.stack import are_dead, ports_of_its_own, processes_with, whole_stack
from tests.processes import eventually

BACK_WITHIN_SECONDS = 5.0
DYNAMODB_BACK_WITHIN_SECONDS = 15.0
CLIENTS_EACH = 3


@dataclass
class Tally:
    """What became of the steps that were asked for.

    Attributes:
        acknowledged: The indexes that were answered.
        unknown: How many steps may or may not have been counted.
        refused: How many were not counted.
        served_at: When the last request that was answered had been asked, by port.
    """

    acknowledged: list[int] = field(default_factory=list)
    unknown: int = 0
    refused: int = 0
    served_at: dict[int, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


def count(port: int, tally: Tally, done: threading.Event) -> None:
    """Take one step after another until done."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    while not done.is_set():
        asked = time.monotonic()
        try:
            connection.connect() if connection.sock is None else None
        except OSError:
            done.wait(0.02)
            continue
        try:
            connection.request("POST", "/next")
            answer = connection.getresponse()
            said = json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            connection.close()
            with tally.lock:
                tally.unknown += 1
            continue
        with tally.lock:
            if answer.status == 200:
                tally.acknowledged.append(said["index"])
                tally.served_at[port] = asked
            elif said["type"] == problems.OUTCOME_UNKNOWN.type:
                tally.unknown += 1
            else:
                assert said["type"] == problems.UNAVAILABLE.type
                tally.refused += 1
    connection.close()


@contextmanager
def counting(ports: list[int]) -> Iterator[Tally]:
    """Let some clients of each backend count meanwhile."""
    tally, done = Tally(), threading.Event()
    with ThreadPoolExecutor(len(ports) * CLIENTS_EACH) as threads:
        clients = [
            threads.submit(count, port, tally, done) for port in ports for _ in range(CLIENTS_EACH)
        ]
        try:
            yield tally
        finally:
            done.set()
        for client in clients:
            client.result()


def answers(address: str) -> bool:
    try:
        return Backend(address).request("GET", "/").status == 200
    except OSError:
        return False


def kill(command: str, which: int) -> None:
    """Kill the first or last process of `command`, and see it and what hangs on it end."""
    before = processes_with(command)
    os.kill(before[which], signal.SIGKILL)
    # A worker whose master is gone serves on for a moment, then ends as well.
    eventually(partial(are_dead, before if which == 0 else before[which:]))


def counts_again(tally: Tally, ports: list[int], since: float) -> bool:
    return all(tally.served_at.get(port, 0) > since for port in ports)


@pytest.mark.long
@pytest.mark.alone
@pytest.mark.timeout(300)
def test_kills_under_load_lose_no_step(tmp_path: Path) -> None:
    variables = ports_of_its_own(tmp_path)
    server, function = int(variables["SERVER_PORT"]), int(variables["LAMBDA_PORT"])
    site = f"http://localhost:{variables['SITE_PORT']}"
    with whole_stack(variables), counting([server, function]) as tally:
        eventually(partial(counts_again, tally, [server, function], 0))
        late = []
        for name, command, which, ports, within in [
            ("server's worker", f"127.0.0.1:{server}", -1, [server], BACK_WITHIN_SECONDS),
            ("server's master", f"127.0.0.1:{server}", 0, [server], BACK_WITHIN_SECONDS),
            ("function's worker", f"127.0.0.1:{function}", -1, [function], BACK_WITHIN_SECONDS),
            ("function's master", f"127.0.0.1:{function}", 0, [function], BACK_WITHIN_SECONDS),
            ("site's worker", f"127.0.0.1:{variables['SITE_PORT']}", -1, [], BACK_WITHIN_SECONDS),
            ("site's master", f"127.0.0.1:{variables['SITE_PORT']}", 0, [], BACK_WITHIN_SECONDS),
            (
                "DynamoDB Local",
                f"-port {variables['DYNAMODB_PORT']}",
                0,
                [server, function],
                DYNAMODB_BACK_WITHIN_SECONDS,
            ),
        ]:
            killed = time.monotonic()
            kill(command, which)
            back: Callable[[], bool] = (
                partial(counts_again, tally, ports, time.monotonic())
                if ports
                else partial(answers, site)
            )
            eventually(back, seconds=within + 10)
            took = time.monotonic() - killed
            print(f"{name}: back after {took:.1f} s")
            if took > within:
                late.append(name)
    print(
        f"{len(tally.acknowledged):,} steps acknowledged, {tally.unknown} unknown, "
        f"{tally.refused} refused"
    )
    assert len(set(tally.acknowledged)) == len(tally.acknowledged)
    with whole_stack(variables):
        index = Backend(f"http://localhost:{server}").request("GET", "/current").index()
    assert len(tally.acknowledged) <= index <= len(tally.acknowledged) + tally.unknown
    assert late == []
