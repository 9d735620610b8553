"""How many steps share a write, where clients ask anew as soon as they are answered.

With greenlets, which run one after the other in a known order.
"""

import json
import subprocess
import sys

import pytest
from fibcore.lane import TURNS_FROM

ASKED_BY_EACH = 20
_PROGRAM = """
from gevent import monkey
monkey.patch_all()
import json, sys, time
import gevent
from fibcore.lane import Lane
from fibcore.plan import Kind

batches = []

def serve(batch):
    for _ in range(10):
        time.sleep(0)
    batches.append(len(batch.waiting))
    for step in batch.waiting:
        step.outcome = 1
    batch.waiting.clear()

def ask(times):
    for _ in range(times):
        lane.ask(Kind.NEXT)
        time.sleep(0)

lane = Lane(serve, deadline_seconds=30, name="test")
early, late, times = map(int, sys.argv[1:])
clients = [gevent.spawn(ask, times) for _ in range(early)]
for _ in range(5):
    time.sleep(0)
clients += [gevent.spawn(ask, times) for _ in range(late)]
gevent.joinall(clients, raise_error=True)
print(json.dumps(batches))
"""


def batches_of(early: int, late: int = 0) -> list[int]:
    """Return the batches, in the order served, that these clients made.

    Args:
        early: So many come first.
        late: So many come while the first batch is served.
    """
    printed = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(early), str(late), str(ASKED_BY_EACH)],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    batches: list[int] = json.loads(printed)
    assert sum(batches) == (early + late) * ASKED_BY_EACH
    return batches


@pytest.mark.parametrize("half", [1, 8, TURNS_FROM // 2 - 1])
def test_few_clients_all_share_each_write(half: int) -> None:
    assert batches_of(half, half) == [half, *[2 * half] * (ASKED_BY_EACH - 1), half]


@pytest.mark.parametrize("clients", [TURNS_FROM, 256, 900])
def test_of_many_clients_two_halves_take_turns(clients: int) -> None:
    first, *halves = batches_of(clients)
    assert first == clients
    assert halves == [clients // 2] * (2 * ASKED_BY_EACH - 2)


def test_halves_that_are_near_each_other_stay_as_they_are() -> None:
    assert batches_of(100, 150) == [100, 150] * ASKED_BY_EACH
