"""Start the product's processes for a test: on a free port, until they answer, and always ended."""

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from local_stack.programs import Program

_LONGEST_WAIT_SECONDS = 60
_LONGEST_STOP_SECONDS = 40
_QUIET_LINE = re.compile(r"\[[^]]+\] \[\d+\] \[INFO\] |INFO |\{")
"""What Gunicorn, the application and the access log write in normal operation."""


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(holds: Callable[[], bool], *, seconds: float = _LONGEST_WAIT_SECONDS) -> None:
    """Wait until `holds`; fail after so many seconds, by default more than a busy machine needs."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


@dataclass
class Running:
    """A process that a test started."""

    process: subprocess.Popen[bytes]
    log: IO[bytes]

    @property
    def pid(self) -> int:
        """The process itself, which leads a group with its children."""
        return self.process.pid

    def output(self) -> str:
        """Return what it has written so far, to stdout and stderr."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def loud_lines(self) -> list[str]:
        """Return the lines of a server's log that are above INFO or belong to a traceback."""
        return [line for line in self.output().splitlines() if not _QUIET_LINE.match(line)]

    def wait_for_port(self, port: int) -> None:
        """Wait until something listens on `port`; fail at once if the process ends before."""
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while True:
            if self.process.poll() is not None:
                raise AssertionError(f"the process ended:\n{self.output()}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise AssertionError(f"nothing on port {port}:\n{self.output()}") from None
                time.sleep(0.02)
            else:
                return

    def stop(self) -> int:
        """Send SIGTERM, wait for the end, and return the exit status."""
        self.process.terminate()
        return self.process.wait(_LONGEST_STOP_SECONDS)

    def kill(self) -> None:
        """Send SIGKILL to the process and all its children."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_LONGEST_STOP_SECONDS)


@contextmanager
def running(program: Program, *, port: int | None = None) -> Iterator[Running]:
    """Run `program` in a process group of its own, from when it listens on `port`; then kill it."""
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            program.command,
            env=program.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,
        )
        started = Running(process, log)
        try:
            if port is not None:
                started.wait_for_port(port)
            yield started
        finally:
            started.kill()
