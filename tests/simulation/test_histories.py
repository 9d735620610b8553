"""Short simulated histories are those of one counter."""

import subprocess
import sys

import pytest

from tests.simulation.histories import History

SEEDS, MANY_SEEDS = 60, 2_000


@pytest.mark.parametrize("first", range(0, SEEDS, 20))
def test_simulated_histories_hold(first: int) -> None:
    for seed in range(first, first + 20):
        History(seed).run()


def test_same_seed_gives_the_same_history() -> None:
    first, second = History(7), History(7)
    first.run()
    second.run()
    assert repr(first.calls) == repr(second.calls)


@pytest.mark.long
@pytest.mark.timeout(1_200)
def test_many_simulated_histories_hold() -> None:
    program = [sys.executable, "-m", "tests.simulation.histories", "1000", str(MANY_SEEDS)]
    run = subprocess.run(program, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2_000:]
    print(run.stdout)
