"""Killed greenlets: short and long runs of `greenlet_kills.py`, in a process patched by gevent."""

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
SHORT_SECONDS, LONG_SECONDS = 4, 60


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
