"""Short rounds under faults; `make test-faults` runs them for as long as one likes."""

from collections.abc import Iterator
from random import Random

import pytest

from tests.faults.bugs import BUGS, with_bug
from tests.faults.campaign import Figures, Round, run_round
from tests.faults.client import BrokenPromise
from tests.faults.cluster import Node, dynamodb
from tests.faults.scenarios import LOSSES, NEAR_BOUNDS, SCENARIOS, Scenario

SHORT_SECONDS, LONG_SECONDS = 6.0, 15.0
ROUNDS_TO_FIND_A_BUG = 5


@pytest.fixture(scope="module")
def database() -> Iterator[Node]:
    with dynamodb() as node:
        yield node


def hold(database: Node, scenario: Scenario, *, seconds: float, **variables: str) -> None:
    """Run one round, with a new seed that a failure tells."""
    seed = Random().randrange(10**6)
    this = Round(scenario=scenario, seed=seed, seconds=seconds, variables=variables)
    try:
        run_round(database, this, Figures())
    except BrokenPromise as broken:
        raise BrokenPromise(f"{scenario.name}, seed {seed}: {broken}") from broken


@pytest.mark.parametrize("scenario", [NEAR_BOUNDS, LOSSES], ids=lambda scenario: scenario.name)
def test_no_promise_breaks_for_a_moment(database: Node, scenario: Scenario) -> None:
    hold(database, scenario, seconds=SHORT_SECONDS)


@pytest.mark.long
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_no_promise_breaks(database: Node, scenario: Scenario) -> None:
    hold(database, scenario, seconds=LONG_SECONDS)


def is_found(database: Node, variables: dict[str, str]) -> bool:
    for _ in range(ROUNDS_TO_FIND_A_BUG):
        try:
            hold(database, LOSSES, seconds=LONG_SECONDS, **variables)
        except BrokenPromise:
            return True
    return False


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_write_that_botocore_repeats_is_found(database: Node) -> None:
    with with_bug("botocore-repeats-writes") as variables:
        assert is_found(database, variables)


@pytest.mark.parametrize("name", BUGS)
def test_each_bug_still_finds_its_place_in_the_code(name: str) -> None:
    with with_bug(name) as variables:
        assert variables
