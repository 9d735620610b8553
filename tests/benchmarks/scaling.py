"""Several processes that want more writes than the item takes: real ones beside simulated ones."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from statistics import median

from tests.benchmarks.servers import Server, partition, server
from tests.benchmarks.tables import in_turns, markdown, typical
from tests.benchmarks.wrk import Load
from tests.faults.proxy_control import ProxyControl
from tests.simulation.partition import Limits, steady
from tests.simulation.process import Core, Process
from tests.simulation.simulation import Result, Simulation

CONNECTIONS = 256
CALL_SECONDS = 0.005
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
    throttled: dict[str, list[float]] = {}
    with ExitStack() as stack:
        unlimited = stack.enter_context(server(dynamodb_port))
        unlimited.load(connections=CONNECTIONS, seconds=seconds, steps=True)
        runs: dict[str, Callable[[], Load]] = {"unlimited": partial(_load, unlimited, seconds)}
        for processes, share in CASES:
            port = stack.enter_context(partition(dynamodb_port, share))
            started = stack.enter_context(server(port, WEB_CONCURRENCY=str(processes)))
            shares = throttled.setdefault(str((processes, share)), [])
            runs[str((processes, share))] = partial(
                _load_and_count, started, seconds, ProxyControl(port), shares
            )
        measured = in_turns(runs, rounds=rounds, title="sharing a partition")
    step_seconds = 1 / typical(measured["unlimited"]).rate
    rows = []
    for processes, share in CASES:
        name = str((processes, share))
        load = typical(measured[name])
        simulated = _simulate(processes, share, step_seconds, rounds=rounds, seconds=seconds)
        rows.append(
            [
                str(processes),
                f"{share * 1_000:.0f}",
                f"{load.rate:,.0f}",
                f"{median(each.rate for each in simulated):,.0f}",
                f"{median(each.p99_ms for each in measured[name]):.0f}",
                f"{median(each.p99 for each in simulated):.0f}",
                f"{sum(throttled[name]) / rounds:.1%}",
                f"{sum(each.throttled for each in simulated) / rounds:.1%}",
                str(sum(each.failures for each in measured[name])),
            ]
        )
    return markdown(HEAD, rows)


def _load(one: Server, seconds: float) -> Load:
    return one.load(connections=CONNECTIONS, seconds=seconds, steps=True)


def _load_and_count(
    one: Server, seconds: float, control: ProxyControl, throttled: list[float]
) -> Load:
    before = control.counts()
    load = _load(one, seconds)
    after = control.counts()
    writes = after["writes"] - before["writes"]
    throttled.append((after["throttled"] - before["throttled"]) / writes)
    return load


def _simulate(
    processes: int, share: float, step_seconds: float, *, rounds: int, seconds: int
) -> list[Result]:
    """Simulate clients that each wait for their answer, and processes that share one core."""
    limits = Limits(share=share, latency=steady(CALL_SECONDS))
    with Simulation(0, limits) as simulation:
        core = Core()
        started = simulation.start(processes, step_seconds=step_seconds, core=core)
        results = []
        for _ in range(rounds):
            end = simulation.time.now + seconds
            for number in range(CONNECTIONS):
                process = started[number % processes]
                process.run(partial(_step_until, simulation, process, end))
            results.append(simulation.run(seconds))
            # The other cases have their turns.
            simulation.run(len(CASES) * seconds)
        simulation.check()
    return results


def _step_until(simulation: Simulation, process: Process, end: float) -> None:
    virtual = simulation.time
    while virtual.now < end:
        asked = virtual.now
        process.use_core()
        index = process.counter.next()
        simulation.measurement.note(virtual.now, [asked], [index])
