"""Short rounds under faults; `make test-faults` runs them for as long as one likes."""

from collections.abc import Iterator
from random import Random

import pytest

from tests.faults.campaign import Figures, Round, run_round
from tests.faults.client import BrokenPromise
from tests.faults.cluster import Node, dynamodb
from tests.faults.scenarios import NEAR_BOUNDS, SCENARIOS, Scenario

SHORT_SECONDS, LONG_SECONDS = 2.0, 15.0


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


def test_no_promise_breaks_for_a_moment(database: Node) -> None:
    hold(database, NEAR_BOUNDS, seconds=SHORT_SECONDS)


@pytest.mark.long
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_no_promise_breaks(database: Node, scenario: Scenario) -> None:
    hold(database, scenario, seconds=LONG_SECONDS)
