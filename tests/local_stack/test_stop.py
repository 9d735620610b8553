"""How the stack ends: within 3 s, saying so, and with no process left behind."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from local_stack.programs import Program

from tests.local_stack.stack import (
    COMMAND,
    READY,
    ports_of_its_own,
    processes_of,
    processes_with,
    whole_stack,
)
from tests.processes import eventually, running
from tests.terminal import in_terminal

LONGEST_STOP_SECONDS = 3.0
pytestmark = pytest.mark.long


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_everything_in_three_seconds(tmp_path: Path, number: signal.Signals) -> None:
    variables = ports_of_its_own(tmp_path)
    with whole_stack(variables) as stack:
        started = time.monotonic()
        stack.process.send_signal(number)
        assert stack.process.wait(30) == 0
        assert time.monotonic() - started < LONGEST_STOP_SECONDS
        assert stack.output().endswith(f"{READY}stopping …\n")
        assert processes_of(variables) == []


def test_signal_during_the_start_stops_everything(tmp_path: Path) -> None:
    variables = ports_of_its_own(tmp_path)
    with running(Program(COMMAND, os.environ | variables)) as stack:
        eventually(lambda: len(processes_of(variables)) >= 2)
        stack.process.send_signal(signal.SIGINT)
        assert stack.process.wait(30) == 0
        assert "Traceback" not in stack.output()
        assert processes_of(variables) == []


def test_killed_supervisor_leaves_no_process(tmp_path: Path) -> None:
    variables = ports_of_its_own(tmp_path)
    with whole_stack(variables) as stack:
        os.kill(stack.pid, signal.SIGKILL)
        stack.process.wait()
        eventually(lambda: not processes_of(variables))


def test_killed_parent_leaves_no_process(tmp_path: Path) -> None:
    """`make` is the parent of the stack, and a script, an editor or CI that of `make`."""
    variables = ports_of_its_own(tmp_path)
    parent = [sys.executable, "-c", f"import subprocess; subprocess.run({COMMAND})"]
    with running(Program(parent, os.environ | variables)) as script:
        eventually(lambda: READY in script.output())
        os.kill(script.pid, signal.SIGKILL)
        eventually(lambda: not processes_of(variables))


def test_nohup_outlives_parent_and_terminal(tmp_path: Path) -> None:
    variables = ports_of_its_own(tmp_path)
    script = f"import subprocess; subprocess.run(['nohup', *{COMMAND}])"
    with running(Program([sys.executable, "-c", script], os.environ | variables)) as parent:
        eventually(lambda: READY in parent.output())
        os.kill(parent.pid, signal.SIGKILL)
        (stack,) = supervisors(variables)
        os.kill(stack, signal.SIGHUP)
        time.sleep(2)  # nothing is to happen, and only time can show that
        assert len(processes_of(variables)) >= 4
        os.kill(stack, signal.SIGTERM)
        eventually(lambda: not processes_of(variables))


def supervisors(variables: dict[str, str]) -> list[int]:
    """Return the processes that were started with these variables to run a stack."""
    setting = f"DATA_DIR={variables['DATA_DIR']}\0".encode()
    return [
        pid
        for pid in processes_with(" ".join(COMMAND))
        if setting in Path(f"/proc/{pid}/environ").read_bytes()
    ]


def test_killed_guard_comes_back(tmp_path: Path) -> None:
    """The guard ends the others when the supervisor is killed."""
    variables = ports_of_its_own(tmp_path)
    with whole_stack(variables) as stack:
        for _ in range(2):
            (guard,) = guards(stack.pid)
            os.kill(guard, signal.SIGKILL)
            eventually(partial(has_other_guard, stack.pid, guard))
        os.kill(stack.pid, signal.SIGKILL)
        stack.process.wait()
        eventually(lambda: not processes_of(variables))


def has_other_guard(supervisor: int, guard: int) -> bool:
    return guards(supervisor) not in ([], [guard])


def guards(supervisor: int) -> list[int]:
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    commands = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
    return [pid for pid, command in commands.items() if command.startswith(b"/bin/sh")]


def test_closed_terminal_stops_everything(tmp_path: Path) -> None:
    variables = ports_of_its_own(tmp_path)
    with in_terminal(COMMAND, os.environ | variables) as terminal:
        terminal.read_until(READY)
        terminal.close()
        assert terminal.wait() == 0
        assert processes_of(variables) == []


def test_ctrl_c_in_a_terminal_stops_everything(tmp_path: Path) -> None:
    variables = ports_of_its_own(tmp_path)
    with in_terminal(COMMAND, os.environ | variables) as terminal:
        terminal.read_until(READY)
        pressed = time.monotonic()
        terminal.press("\x03")
        assert terminal.wait() == 0
        assert time.monotonic() - pressed < LONGEST_STOP_SECONDS
        assert terminal.output.endswith("stopping …\n")
        assert processes_of(variables) == []


def test_reader_that_leaves_stops_nothing(tmp_path: Path) -> None:
    """`make run | head -1`: nobody reads on, and the stack runs until it is told to stop."""
    variables = ports_of_its_own(tmp_path)
    stack = subprocess.Popen(COMMAND, env=os.environ | variables, stdout=subprocess.PIPE)
    assert stack.stdout
    try:
        stack.stdout.readline()
        stack.stdout.close()
        eventually(lambda: len(processes_of(variables)) >= 7)
        stack.send_signal(signal.SIGINT)
        assert stack.wait(30) == 0
        assert processes_of(variables) == []
    finally:
        stack.kill()
        stack.wait()
