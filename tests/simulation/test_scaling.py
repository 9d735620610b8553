"""Many processes share the item's writes fairly: in virtual time, on the real counter."""

import pytest

from tests.simulation.partition import Limits, steady
from tests.simulation.scenarios import FULL_RATE, SCENARIOS, TASKS
from tests.simulation.simulation import Result, Simulation

SCENARIO = {scenario.name: scenario for scenario in SCENARIOS}


def results_of(name: str, rate: float) -> dict[str, Result]:
    """Run a scenario, check that it counted right, and return its results."""
    scenario = SCENARIO[name]
    with Simulation(1, scenario.limits) as simulation:
        results = scenario.run(simulation, rate)
        simulation.check()
    return results


def run_tasks(tasks: int, *, rate: float, limits: Limits, seed: int = 1) -> Result:
    """Run so many tasks for a while, and return what happens in the 10 s after that."""
    with Simulation(seed, limits) as simulation:
        simulation.start(tasks)
        simulation.offer(rate)
        simulation.run(5)
        result = simulation.run(10)
        simulation.check()
    return result


def test_same_seed_gives_the_same_run() -> None:
    first, second, other = (
        run_tasks(4, rate=1_000, limits=Limits(share=0.1), seed=seed) for seed in (1, 1, 2)
    )
    assert first == second != other


def test_tasks_share_the_writes_equally() -> None:
    result = run_tasks(TASKS, rate=4_000, limits=Limits())
    assert result.fairness >= 0.98
    assert result.throttled < 0.02
    assert result.p99 <= 120
    assert result.writes > 950
    assert not result.unknown + result.unavailable


def test_eight_processes_share_a_tenth() -> None:
    result = run_tasks(8, rate=2_000, limits=Limits(share=0.1, latency=steady(0.005)))
    assert result.throttled < 0.1
    assert result.p99 <= 250


def test_one_process_is_never_slowed_down() -> None:
    result = run_tasks(1, rate=2_000, limits=Limits())
    assert result.throttled == 0
    assert result.p99 < 30


@pytest.mark.long
def test_free_share_is_taken_within_seconds() -> None:
    results = results_of("1, 4, 16 and 3 tasks", 4_000)
    assert results["the first 5 s with 3 tasks"].writes > 0.7 * results["3 tasks"].writes
    assert results["3 tasks"].throttled < 0.02


# Two scenarios are left out, because they run at full load in the tests below.
@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sorted(SCENARIO.keys() - {"full load", "a rolling deploy"}))
def test_every_scenario_counts_right(name: str) -> None:
    results_of(name, FULL_RATE / 8)


@pytest.mark.long
@pytest.mark.timeout(1_200)
def test_full_load_is_served() -> None:
    [result] = results_of("full load", FULL_RATE).values()
    assert result.rate == pytest.approx(FULL_RATE, rel=0.01)
    assert result.p99 <= 120
    assert result.p999 <= 250
    assert result.throttled < 0.02
    assert result.fairness >= 0.98
    assert not result.unavailable


@pytest.mark.long
@pytest.mark.timeout(1_200)
def test_a_rolling_deploy_stays_quick() -> None:
    results = results_of("a rolling deploy", FULL_RATE)
    assert results[f"{2 * TASKS} writers"].p99 <= 250
