"""Run the whole stack, as `make run` does, on free ports and in a new data folder."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_stack.programs import Program

from tests.api.http_client import Backend
from tests.processes import Running, eventually, free_port, running

COMMAND = [sys.executable, "-m", "local_stack.run"]
PORT_NAMES = ("SITE_PORT", "SERVER_PORT", "LAMBDA_PORT", "DYNAMODB_PORT")
READY = "Ctrl-C stops everything\n\n"
"""What the stack prints after its addresses, when all of them answer."""


def ports_of_its_own(data_dir: Path) -> dict[str, str]:
    """Return the variables for a stack that meets no other one."""
    return {name: str(free_port()) for name in PORT_NAMES} | {"DATA_DIR": str(data_dir)}


@contextmanager
def whole_stack(variables: dict[str, str]) -> Iterator[Running]:
    """Run everything, from when it has printed its addresses; see that nothing is left behind."""
    with running(Program(COMMAND, os.environ | variables)) as stack:
        eventually(lambda: READY in stack.output() or has_ended(stack))
        assert READY in stack.output(), stack.output()
        yield stack
        if not has_ended(stack):
            stack.stop()
    eventually(lambda: not processes_of(variables))


def start_refused(variables: dict[str, str], *, privileged: bool = True) -> str:
    """Start a stack that can't start, and return the one line that it prints.

    Args:
        variables: What to set in its environment.
        privileged: Whether it may do what only root may, where root runs the tests.
    """
    dropped = [] if privileged or os.geteuid() else ["setpriv", "--bounding-set=-all"]
    ended = subprocess.run(
        [*dropped, *COMMAND],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | variables,
        timeout=60,
    )
    assert ended.returncode != 0
    (line,) = ended.stderr.splitlines()
    assert line.startswith("fib: can't start: ")
    return line


def has_ended(stack: Running) -> bool:
    return stack.process.poll() is not None


def backend(variables: dict[str, str], port_name: str = "SERVER_PORT") -> Backend:
    return Backend(f"http://localhost:{variables[port_name]}")


def processes_with(text: str) -> list[int]:
    """Return the processes whose command line has `text`, parents first."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (
                (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            )
        except OSError:
            continue
        if text in command:
            found.append(int(folder.name))
    return sorted(found)


def processes_of(variables: dict[str, str]) -> list[int]:
    """Return the processes of a stack, found by its ports."""
    gunicorns = [f"127.0.0.1:{variables[name]}" for name in PORT_NAMES]
    return [
        pid
        for text in (*gunicorns, f"-port {variables['DYNAMODB_PORT']}")
        for pid in processes_with(text)
    ]


def are_dead(pids: list[int]) -> bool:
    return not any(os.path.lexists(f"/proc/{pid}/exe") for pid in pids)
