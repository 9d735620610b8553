"""Killed greenlets: short and long runs of `greenlet_kills.py`, in a process patched by gevent."""

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
SHORT_SECONDS, LONG_SECONDS = 2, 60

# The worker answers, and all clients reach their deadline, in the same turn of the event loop.
_TOGETHER = """
from gevent import monkey
monkey.patch_all()
import time
import gevent
from fibcore.counter import Operation
from fibcore.counter.batch_queue import BatchQueue

def serve(batch):
    batch.was_refused = True
    time.sleep(0.045)
    batch.answer_all(7)

queue = BatchQueue(serve, pace=lambda: None, deadline_seconds=0.05, limit=9, name="test")
clients = [gevent.spawn(queue.submit, Operation.NEXT) for _ in range(3)]
gevent.sleep(0.01)
monkey.get_original("time", "sleep")(0.1)
gevent.joinall(clients, timeout=5)
assert [client.value for client in clients] == [7, 7, 7], clients
"""


def hold(seconds: int) -> None:
    """Run seeds for so long; a failure names the seed that replays it."""
    program = [sys.executable, "-m", "tests.faults.greenlet_kills", "--seconds", str(seconds)]
    run = subprocess.run(program, cwd=_ROOT, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2_000:]


def test_killed_greenlets_break_no_promise() -> None:
    hold(SHORT_SECONDS)


@pytest.mark.long
def test_killed_greenlets_break_no_promise_for_long() -> None:
    hold(LONG_SECONDS)


def test_answer_at_the_deadline_wakes_every_client() -> None:
    run = subprocess.run([sys.executable, "-c", _TOGETHER], check=False, capture_output=True)
    assert run.returncode == 0, run.stderr.decode()
