"""Several processes that want more writes than the item takes: real ones beside simulated ones."""

from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import NamedTuple

from tests.benchmarks.servers import Server, partition, server
from tests.benchmarks.tables import in_turns, markdown, typical
from tests.benchmarks.wrk import Load
from tests.faults.dynamodb_proxy import CALL_SECONDS
from tests.faults.proxy_control import ProxyControl
from tests.simulation.partition import Limits, steady
from tests.simulation.process import Core, Process
from tests.simulation.simulation import Result, Simulation

CONNECTIONS = 256
CASES = ((1, 0.1), (4, 0.1), (8, 0.1), (8, 0.05))
"""How many processes share which part of a partition."""

HEAD = [
    "processes",
    "writes/s allowed",
    "steps/s",
    "simulated",
    "p99 ms",
    "simulated",
    "throttled",
    "simulated",
    "failures",
]


def measure(dynamodb_port: int, *, rounds: int, seconds: int) -> str:
    """Load real processes, simulate the same, and return both as a table."""
    runs: dict[str, _Runs] = {}
    with ExitStack() as stack:
        for name, processes, share, connections in (
            ("together", 1, 1.0, CONNECTIONS),
            ("one by one", 1, 1.0, 1),
            *((str(case), *case, CONNECTIONS) for case in CASES),
        ):
            port = stack.enter_context(partition(dynamodb_port, share))
            started = stack.enter_context(server(port, WEB_CONCURRENCY=str(processes)))
            runs[name] = _Runs(started, ProxyControl(port), connections, seconds)
        runs["together"].run()  # DynamoDB Local is slow at first.
        runs["together"].figures.clear()
        measured = in_turns(
            {name: each.run for name, each in runs.items()},
            rounds=rounds,
            title="sharing a partition",
        )
    step_seconds, call_seconds = _costs(runs["together"].figures, runs["one by one"].figures)
    rows = []
    for case in CASES:
        processes, share = case
        loads = measured[str(case)]
        throttled = [each.throttled / each.writes for each in runs[str(case)].figures]
        simulated = _simulate(
            processes,
            share,
            step_seconds=step_seconds,
            call_seconds=call_seconds,
            rounds=rounds,
            seconds=seconds,
        )
        rows.append(
            [
                str(processes),
                f"{share * 1_000:.0f}",
                f"{typical(loads).rate:,.0f}",
                f"{median(each.rate for each in simulated):,.0f}",
                f"{median(each.p99_ms for each in loads):.0f}",
                f"{median(each.p99 for each in simulated):.0f}",
                f"{sum(throttled) / rounds:.1%}",
                f"{sum(each.throttled for each in simulated) / rounds:.1%}",
                str(sum(each.failures for each in loads)),
            ]
        )
    return (
        f"The core works for {step_seconds * 1e6:.0f} µs for a step, and for"
        f" {call_seconds * 1e3:.1f} ms for a call.\n\n" + markdown(HEAD, rows)
    )


class _Figures(NamedTuple):
    """What one run took: steps answered, writes, how many were throttled, and the core's time."""

    steps: int
    writes: int
    throttled: int
    core_seconds: float


class _Runs:
    """Loads one server again and again, and keeps what each run took."""

    def __init__(
        self, started: Server, control: ProxyControl, connections: int, seconds: float
    ) -> None:
        self._server = started
        self._control = control
        self._connections = connections
        self._seconds = seconds
        self.figures: list[_Figures] = []

    def run(self) -> Load:
        """Load the server once."""
        counts, worked = self._control.counts(), self._server.core_seconds()
        load = self._server.load(connections=self._connections, seconds=self._seconds, steps=True)
        after = self._control.counts()
        self.figures.append(
            _Figures(
                load.requests,
                after["writes"] - counts["writes"],
                after["throttled"] - counts["throttled"],
                self._server.core_seconds() - worked,
            )
        )
        return load


def _costs(together: list[_Figures], one_by_one: list[_Figures]) -> tuple[float, float]:
    """Return how long the core works for a step and for a call, from two kinds of runs."""
    many, few = (
        (
            median(each.core_seconds / each.steps for each in runs),
            median(each.writes / each.steps for each in runs),
        )
        for runs in (together, one_by_one)
    )
    call_seconds = (few[0] - many[0]) / (few[1] - many[1])
    return many[0] - many[1] * call_seconds, call_seconds


def _simulate(
    processes: int,
    share: float,
    *,
    step_seconds: float,
    call_seconds: float,
    rounds: int,
    seconds: int,
) -> list[Result]:
    """Simulate clients that each wait for their answer, and processes that share one core."""
    limits = Limits(share=share, latency=steady(CALL_SECONDS))
    with Simulation(0, limits) as simulation:
        started = simulation.start(
            processes, step_seconds=step_seconds, call_seconds=call_seconds, core=Core()
        )
        results = []
        for _ in range(rounds):
            end = simulation.time.now + seconds
            for number in range(CONNECTIONS):
                process = started[number % processes]
                process.run(partial(_step_until, simulation, process, end))
            results.append(simulation.run(seconds))
            # The other cases have their turns.
            simulation.run((len(CASES) + 1) * seconds)
        simulation.check()
    return results


def _step_until(simulation: Simulation, process: Process, end: float) -> None:
    virtual = simulation.time
    while virtual.now < end:
        asked = virtual.now
        process.use_core()
        index = process.counter.next()
        simulation.measurement.note(virtual.now, [asked], [index])
