"""Servers to measure: each pinned to one core, DynamoDB Local in memory on the other."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_stack import programs
from local_stack.programs import Program

from tests.benchmarks.wrk import Load, run_wrk
from tests.faults.proxy_control import proxy_program
from tests.processes import Running, free_port, running

SERVER_CPU = 0
LOAD_CPU = 1
_ROOT = Path(__file__).parents[2]
APPLICATIONS = "tests.benchmarks.applications:"


def pinned(program: Program, cpu: int) -> Program:
    """Return `program` on one core."""
    environment = program.environment | {"PYTHONPATH": str(_ROOT)}
    return Program(["taskset", "-c", str(cpu), *program.command], environment)


@dataclass
class Server:
    """A server under test."""

    url: str
    running: Running

    def load(self, path: str = "", *, connections: int, seconds: float, steps: bool) -> Load:
        """Load it by wrk from the other core."""
        return run_wrk(
            self.url + path, connections=connections, seconds=seconds, cpu=LOAD_CPU, steps=steps
        )

    def resident_megabytes(self) -> int:
        """Return what its largest process holds in memory."""
        sizes = [(process / "statm").read_text().split()[1] for process in self._processes()]
        return max(map(int, sizes)) * os.sysconf("SC_PAGE_SIZE") // 2**20

    def core_seconds(self) -> float:
        """Return how long a core has worked for its processes so far."""
        ticks = 0
        for process in self._processes():
            # The fields after the name, which may have spaces; user and system time are the 14th
            # and 15th of all.
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def _processes(self) -> list[Path]:
        """Return the folder of each process in /proc."""
        pids = subprocess.run(
            ["pgrep", "-P", str(self.running.pid)], capture_output=True, text=True, check=True
        ).stdout.split()
        return [Path("/proc", pid) for pid in pids]


@contextmanager
def database() -> Iterator[int]:
    """Run DynamoDB Local in memory with a seeded table, and yield its port."""
    port = free_port()
    with running(pinned(programs.dynamodb(port=port), LOAD_CPU), port=port):
        table = programs.table(dynamodb_port=port)
        subprocess.run(table.command, env=table.environment, check=True)
        yield port


@contextmanager
def partition(dynamodb_port: int, share: float = 1.0) -> Iterator[int]:
    """Run the model of a partition in front of DynamoDB Local, and yield its port."""
    port = free_port()
    program = pinned(proxy_program(port, dynamodb_port, share=share), LOAD_CPU)
    # Before wrk, which shares its core: the real one's 5 ms do not grow with the load. Who may
    # not ask for that is told so in the log, and measures a slower table.
    with running(Program(["nice", "-n", "-10", *program.command], program.environment), port=port):
        yield port


@contextmanager
def server(
    dynamodb_port: int, application: str | None = None, **variables: str
) -> Iterator[Server]:
    """Run our server, or `application` in its place."""
    port = free_port()
    program = programs.server(port=port, dynamodb_port=dynamodb_port, **variables)
    if application:
        program = Program([*program.command, APPLICATIONS + application], program.environment)
    with running(pinned(program, SERVER_CPU), port=port) as started:
        yield Server(f"http://localhost:{port}", started)
