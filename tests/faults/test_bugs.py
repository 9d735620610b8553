"""Every bug put in on purpose is found: by the campaign, by killed greenlets, or by tests."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.faults.bug import GREENLETS, HISTORIES, LOST, SIMULATION
from tests.faults.bugs import BUGS, with_bug
from tests.faults.campaign import Figures, Round, run_round
from tests.faults.client import BrokenPromise
from tests.faults.cluster import Node, dynamodb
from tests.faults.scenarios import SCENARIOS, Scenario

_ROOT = Path(__file__).parents[2]
ROUND_SECONDS, MOST_ROUNDS = 12.0, 5
# The campaign takes a minute for each bug, so `make test-faults BUG=…` finds the others.
FOUND_IN_EVERY_RUN = (
    "a-proxy-error-means-not-sent",
    "not-sent-is-the-default",
    "rule-3-a-refused-plan-is-forgotten",
)
GREENLET_SECONDS = 60
SIMULATED_SEEDS = "3000"
FAILED = 1
FOUND_BY_HISTORIES = 3

_PUT_ALL_IN = """
from importlib import import_module
from tests.faults.bug import put_in
from tests.faults.bugs import BUGS

import fibcore.counter.batching
import fibcore.counter.simple

for bug in BUGS.values():
    put_in(bug, import_module(bug.module))
"""
_SEARCH_HISTORIES = f"""
import sys
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.unit.test_counting_histories import MANY, World

search = settings(
    MANY, max_examples=8_000, phases=[Phase.generate], database=None, derandomize=True
)
try:
    run_state_machine_as_test(World, settings=search)
except AssertionError as found:
    print(found.args)
    sys.exit({FOUND_BY_HISTORIES})
"""


def run(arguments: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(_ROOT), **variables},
        cwd=_ROOT,
        check=False,
        capture_output=True,
        text=True,
    )


def found_by(finder: str) -> list[str]:
    return [name for name, bug in BUGS.items() if finder in bug.found_by]


def test_bugs_still_fit() -> None:
    put_in = run(["-c", _PUT_ALL_IN])
    assert put_in.returncode == 0, put_in.stderr


def test_every_bug_has_a_finder() -> None:
    finders = {HISTORIES, GREENLETS, SIMULATION, *(scenario.name for scenario in SCENARIOS)}
    for bug in BUGS.values():
        named = {finder for finder in bug.found_by if "::" not in finder}
        assert bug.found_by
        assert named <= finders
        for path, _, test in (finder.partition("::") for finder in bug.found_by):
            assert not test or f"def {test}(" in (_ROOT / path).read_text()


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", found_by(HISTORIES))
def test_histories_find(name: str) -> None:
    with with_bug(name) as variables:
        search = run(["-c", _SEARCH_HISTORIES], **variables)
    assert search.returncode == FOUND_BY_HISTORIES, search.stderr[-2_000:]


@pytest.mark.long
@pytest.mark.parametrize("name", found_by(GREENLETS))
def test_killed_greenlets_find(name: str) -> None:
    with with_bug(name) as variables:
        seconds = str(GREENLET_SECONDS)
        search = run(["-m", "tests.faults.greenlet_kills", "--seconds", seconds], **variables)
    assert search.returncode == FAILED, search.stderr[-2_000:]
    assert search.stderr.splitlines()[-1].startswith("seed"), search.stderr[-2_000:]


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", found_by(SIMULATION))
def test_simulation_finds(name: str) -> None:
    with with_bug(name) as variables:
        search = run(["-m", "tests.simulation.histories", "0", SIMULATED_SEEDS], **variables)
    assert search.returncode == FAILED, search.stderr[-2_000:]
    assert search.stderr.splitlines()[-1].startswith("seed"), search.stderr[-2_000:]


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("name", "test"),
    [(name, test) for name, bug in BUGS.items() for test in bug.found_by if "::" in test],
)
def test_a_test_finds(name: str, test: str) -> None:
    with with_bug(name) as variables:
        # One that depends on the moment may need a second run.
        statuses = (run(["-m", "pytest", "-q", test], **variables).returncode for _ in range(3))
        assert FAILED in statuses


@pytest.fixture(scope="module")
def database() -> Iterator[Node]:
    with dynamodb() as node:
        yield node


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("name", "scenario"),
    [
        (name, next(each for each in SCENARIOS if each.name in BUGS[name].found_by))
        for name in FOUND_IN_EVERY_RUN
    ],
    ids=lambda each: each if isinstance(each, str) else each.name,
)
def test_campaign_finds(database: Node, name: str, scenario: Scenario) -> None:
    with with_bug(name) as variables:
        for _ in range(MOST_ROUNDS):
            seed = Random().randrange(10**6)
            this = Round(scenario=scenario, seed=seed, seconds=ROUND_SECONDS, variables=variables)
            try:
                run_round(database, this, Figures())
            except BrokenPromise as broken:
                found = str(broken)
                break
        else:
            pytest.fail(f"{MOST_ROUNDS} rounds did not find it")
    assert LOST not in found
