"""Scenarios: what a service of many tasks goes through, on one item."""

from collections.abc import Callable
from typing import NamedTuple

from tests.simulation.partition import Limits
from tests.simulation.process import Process
from tests.simulation.simulation import STEP_SECONDS, Result, Simulation

TASKS = 16
FULL_RATE = 200_000
SECONDS = 60


class Scenario(NamedTuple):
    """A scenario.

    Attributes:
        name: What happens, in a few words.
        run: Lets it happen, and returns the parts of it that are worth a row, each with its title.
        limits: What the item's partition takes.
    """

    name: str
    run: Callable[[Simulation, float], dict[str, Result]]
    limits: Limits = Limits()


def _start_tasks(simulation: Simulation, rate: float) -> list[Process]:
    """Start all tasks, and let them find their shares."""
    started = simulation.start(TASKS)
    simulation.offer(rate)
    simulation.run(10)
    return started


def _at_full_load(simulation: Simulation, rate: float) -> dict[str, Result]:
    _start_tasks(simulation, rate)
    return {f"{TASKS} tasks": simulation.run(SECONDS)}


def _rising_and_falling(simulation: Simulation, rate: float) -> dict[str, Result]:
    results = {}
    for tasks, share in ((1, 0.06), (4, 0.25), (TASKS, 1.0)):
        simulation.start(tasks - len(simulation.processes))
        simulation.offer(rate * share)
        results[f"{tasks} task{'s' if tasks > 1 else ''}"] = simulation.run(15)
    simulation.stop(simulation.processes[3:])
    simulation.offer(rate * 0.18)
    results["the first 5 s with 3 tasks"] = simulation.run(5)
    results["3 tasks"] = simulation.run(15)
    return results


def _rolling_deploy(simulation: Simulation, rate: float) -> dict[str, Result]:
    old = _start_tasks(simulation, rate)
    simulation.start(TASKS)
    simulation.offer(rate)
    results = {f"{2 * TASKS} writers": simulation.run(20)}
    simulation.stop(old)
    simulation.offer(rate)
    results[f"{TASKS} new tasks"] = simulation.run(15)
    return results


def _slow_task(simulation: Simulation, rate: float) -> dict[str, Result]:
    simulation.start(TASKS - 1)
    simulation.start(1, step_seconds=STEP_SECONDS * 1.2)
    simulation.offer(rate)
    simulation.run(5)
    return {"one of 16 tasks is slow": simulation.run(25)}


def _throttled(simulation: Simulation, rate: float) -> dict[str, Result]:
    _start_tasks(simulation, rate)
    simulation.partition.blocked_until = simulation.time.now + 30
    results = {"30 s of nothing but throttling": simulation.run(30)}
    results["the first 5 s after it"] = simulation.run(5)
    results["after that"] = simulation.run(15)
    return results


def _hot_restart(simulation: Simulation, rate: float) -> dict[str, Result]:
    old = _start_tasks(simulation, rate)
    simulation.kill(old)
    simulation.start(TASKS)
    simulation.offer(rate)
    results = {"the first 5 s after all tasks were killed": simulation.run(5)}
    results["after that"] = simulation.run(15)
    return results


SCENARIOS = (
    Scenario("full load", _at_full_load),
    Scenario("full load, 300 s of burst credit", _at_full_load, Limits(burst_seconds=300)),
    Scenario("1, 4, 16 and 3 tasks", _rising_and_falling),
    Scenario("a rolling deploy", _rolling_deploy),
    Scenario("a slow task", _slow_task),
    Scenario("a throttled table", _throttled),
    Scenario("a restart of all tasks", _hot_restart),
)
