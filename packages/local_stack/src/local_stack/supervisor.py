"""Process supervisor: starts programs, restarts each one that ends, and leaves none behind.

Three programs from PyPI do not fit. Supervisor needs a configuration file in which a user's paths
have to be escaped, opens standard output by its path, and reloads when the terminal is closed.
Honcho restarts nothing. Circus depends on ZeroMQ and Tornado. One loop for each program is enough.
"""

import asyncio
import os
import signal
import time
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from local_stack.programs import Program
from local_stack.terminal import say

_SHORTEST_LIFE_SECONDS: Final = 1.0
"""A program that lives shorter is started again only after as long a pause."""

_GRACE_SECONDS: Final = 1.8
"""How long programs have to end after SIGTERM, before SIGKILL."""

# Ends the groups in the last line that it read, once its standard input closes. That happens when
# the supervisor is gone, by `kill -9` too.
_GUARD: Final = """
trap '' HUP INT TERM
while read -r line; do groups=$line; done
kill -TERM $groups; sleep 2; kill -KILL $groups
"""


class Supervisor:
    """Keeps programs running, each in a separate process group.

    The first program is stopped last, since the others depend on it.
    """

    def __init__(self, programs: Mapping[str, Program], *, logs: Path) -> None:
        """Take the programs by name, and the folder of their logs."""
        self._programs = programs
        self._logs = logs
        self._running: dict[str, Process] = {}
        self._guard: Process | None = None

    def log(self, name: str) -> Path:
        """Return the file that a program writes its output to."""
        return self._logs / f"{name}.log"

    def last_lines(self, name: str, count: int = 5) -> str:
        """Return the end of a program's log, indented."""
        with suppress(OSError):
            lines = self.log(name).read_text(errors="replace").splitlines()[-count:]
            return "\n".join(f"    {line}" for line in lines)
        return ""

    async def run(self) -> None:
        """Start all programs, keep them running until cancelled, then end them all.

        When it returns, no process of theirs is left.

        Raises:
            OSError: A program or its log can't be opened.
        """
        loops = [asyncio.create_task(self._keep_guarded())]
        loops += [asyncio.create_task(self._keep_running(name)) for name in self._programs]
        try:
            await asyncio.gather(*loops)
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await self._end_all()

    async def _keep_running(self, name: str) -> None:
        reported = False
        while True:
            started = time.monotonic()
            process = await self._spawn(name)
            status = await process.wait()
            # What the program started itself goes with it, or it would keep the port.
            _signal_group(process, signal.SIGTERM)
            ended_at_once = time.monotonic() - started < _SHORTEST_LIFE_SECONDS
            if not (ended_at_once and reported):
                say(f"fib: {name} {_ended(status)}; starting it again; its log is {self.log(name)}")
            reported = ended_at_once
            if ended_at_once:
                await asyncio.sleep(_SHORTEST_LIFE_SECONDS)

    async def _spawn(self, name: str) -> Process:
        program = self._programs[name]
        with self.log(name).open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                env=program.environment,
                cwd=program.folder,
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
                start_new_session=True,
            )
        self._running[name] = process
        self._tell_guard()
        return process

    async def _keep_guarded(self) -> None:
        while True:
            self._guard = await asyncio.create_subprocess_exec(
                "/bin/sh",
                "-c",
                _GUARD,
                stdin=PIPE,
                stdout=DEVNULL,
                stderr=DEVNULL,
                start_new_session=True,
            )
            self._tell_guard()
            await self._guard.wait()
            await asyncio.sleep(_SHORTEST_LIFE_SECONDS)

    def _tell_guard(self) -> None:
        groups = " ".join(f"-{process.pid}" for process in self._running.values())
        if self._guard and self._guard.stdin:
            self._guard.stdin.write(f"{groups}\n".encode())

    async def _end_all(self) -> None:
        first, *others = self._programs
        await self._end(others, _GRACE_SECONDS)
        await self._end([first], _GRACE_SECONDS / 4)
        if self._guard:
            self._guard.kill()
            await self._guard.wait()

    async def _end(self, names: list[str], grace_seconds: float) -> None:
        processes = [self._running[name] for name in names if name in self._running]
        for process in processes:
            with suppress(ProcessLookupError):
                process.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await asyncio.gather(*(process.wait() for process in processes))
        for process in processes:
            _signal_group(process, signal.SIGKILL)
            await process.wait()


def _signal_group(process: Process, number: signal.Signals) -> None:
    # macOS refuses a group in which only zombies are left.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _ended(status: int) -> str:
    return f"ended with status {status}" if status >= 0 else f"was killed by signal {-status}"
