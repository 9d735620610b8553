"""How many steps share a write if each client asks again as soon as it is answered.

The clients are greenlets, which run one after the other in a known order.
"""

import json
import subprocess
import sys
from typing import NamedTuple

import pytest
from fibcore.counter.batch_queue import TWO_BATCHES_FROM

ASKED_BY_EACH = 20
_PROGRAM = """
from gevent import monkey
monkey.patch_all()
import json, sys, time
import gevent
from fibcore.counter.batch_queue import BatchQueue
from fibcore.counter import Operation

batches = []

def serve(batch):
    for _ in range(10):
        time.sleep(0)
    batches.append(len(batch.waiting))
    for step in batch.waiting:
        step.outcome = 1
    batch.waiting.clear()

def ask(turns_before, turns_between, times):
    for _ in range(turns_before):
        time.sleep(0)
    for _ in range(times):
        queue.submit(Operation.NEXT)
        for _ in range(turns_between):
            time.sleep(0)

queue = BatchQueue(serve, pace=lambda: None, deadline_seconds=30, limit=1_000, name="test")
groups, times = json.loads(sys.argv[1])
clients = [gevent.spawn(ask, *turns, times) for number, *turns in groups for _ in range(number)]
gevent.joinall(clients, raise_error=True)
print(json.dumps(batches))
"""


class Clients(NamedTuple):
    """Clients that behave alike.

    Attributes:
        number: How many.
        turns_before: How many turns of other greenlets pass before a client asks first.
        turns_between: How many turns pass between an answer and the client's next request.
    """

    number: int
    turns_before: int = 0
    turns_between: int = 1


def batches_of(*clients: Clients) -> list[int]:
    """Return the batches that these clients made, in the order served."""
    printed = subprocess.run(
        [sys.executable, "-c", _PROGRAM, json.dumps([clients, ASKED_BY_EACH])],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    batches: list[int] = json.loads(printed)
    assert sum(batches) == sum(each.number for each in clients) * ASKED_BY_EACH
    return batches


@pytest.mark.parametrize("half", [1, 8, TWO_BATCHES_FROM // 2 - 1])
def test_few_clients_share_each_write(half: int) -> None:
    batches = batches_of(Clients(half), Clients(half, turns_before=5))
    assert batches == [half, *[2 * half] * (ASKED_BY_EACH - 1), half]


@pytest.mark.parametrize(
    "clients", [TWO_BATCHES_FROM, 256, pytest.param(900, marks=pytest.mark.long)]
)
def test_many_clients_alternate_in_two_halves(clients: int) -> None:
    first, *halves = batches_of(Clients(clients))
    assert first == clients
    assert halves == [clients // 2] * (2 * ASKED_BY_EACH - 2)


def test_nearly_equal_halves_are_kept() -> None:
    batches = batches_of(Clients(100), Clients(150, turns_before=5))
    assert batches == [100, 150] * ASKED_BY_EACH


def test_slow_clients_are_not_divided() -> None:
    slow = Clients(156, turns_between=5)
    assert batches_of(Clients(100), slow)[:4] == [256, 100, 156, 100]


def test_newcomers_join_the_second_half() -> None:
    batches = batches_of(Clients(256), Clients(300, turns_before=16))
    assert batches[:4] == [256, 128, 428, 278]
