"""The simulated scenarios as a table, and what happens in each over time as a chart."""

import gc
import re
from collections.abc import Sequence

from tests.benchmarks.plot import over_time
from tests.benchmarks.tables import RESULTS, markdown
from tests.simulation.scenarios import FULL_RATE, SCENARIOS
from tests.simulation.simulation import Simulation

HEAD = [
    "scenario",
    "part",
    "steps/s",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    "writes/s",
    "throttled",
    "fairness",
    "unknown",
    "503",
]


def measure() -> str:
    """Run all scenarios at full load, and write a chart of each to the results."""
    rows = []
    for scenario in SCENARIOS:
        print(f"  simulating: {scenario.name} …", flush=True)
        with Simulation(1, scenario.limits) as simulation:
            gc.disable()  # Millions of steps wait for nothing but their answers.
            results = scenario.run(simulation, FULL_RATE)
            _draw(scenario.name, simulation)
            simulation.check()
            gc.enable()
        for part, result in results.items():
            rows.append(
                [
                    scenario.name,
                    part,
                    f"{result.rate:,.0f}",
                    f"{result.p50:.0f}",
                    f"{result.p99:.0f}",
                    f"{result.p999:.0f}",
                    f"{result.writes:,.0f}",
                    f"{result.throttled:.1%}",
                    f"{result.fairness:.3f}",
                    f"{result.unknown:,}",
                    f"{result.unavailable:,}",
                ]
            )
    return markdown(HEAD, rows)


def chart_name(scenario: str) -> str:
    """Return the name of the file with a scenario's chart."""
    return f"simulation-{re.sub(r'[^a-z0-9]+', '-', scenario)}.svg"


def _draw(name: str, simulation: Simulation) -> None:
    measured = simulation.measurement
    seconds = range(round(simulation.time.now))
    panels: dict[str, Sequence[float]] = {
        "steps a second": [measured.rate([second]) for second in seconds],
        "p99 in milliseconds": [measured.percentile(0.99, [second]) for second in seconds],
        "writes a second": [simulation.partition.writes_in_second[second] for second in seconds],
    }
    (RESULTS / chart_name(name)).write_text(over_time(name, panels))
