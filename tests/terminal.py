"""A pseudo-terminal in which a command runs as if a person had typed it."""

import os
import pty
import select
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_LONGEST_WAIT_SECONDS = 100


@dataclass
class Terminal:
    """A terminal, from the side of the person.

    Attributes:
        pid: The command, which leads the terminal's session.
        descriptor: The person's end of the terminal.
        output: What was printed so far.
    """

    pid: int
    descriptor: int
    output: str = ""

    def read_until(self, text: str) -> None:
        """Read until the output has `text`; fail if it ends before, or in 100 s."""
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while text not in self.output:
            assert time.monotonic() < deadline, self.output
            assert self._read(1.0), f"it ended without {text!r}:\n{self.output}"

    def press(self, key: str) -> None:
        """Press a key: Ctrl-C is `\x03`."""
        os.write(self.descriptor, key.encode())

    def close(self) -> None:
        """Close the window."""
        os.close(self.descriptor)
        self.descriptor = -1

    def wait(self) -> int:
        """Read on to the end of the command, and return its exit status, or minus its signal."""
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while self.descriptor >= 0 and self._read(1.0):
            assert time.monotonic() < deadline, self.output
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self, seconds: float) -> bool:
        """Read what is there; return whether more may come."""
        if not select.select([self.descriptor], [], [], seconds)[0]:
            return True
        try:
            read = os.read(self.descriptor, 65_536)
        except OSError:  # on Linux, when no process has the terminal any more
            return False
        self.output += read.decode(errors="replace").replace("\r", "")
        return bool(read)


@contextmanager
def in_terminal(
    command: list[str], environment: Mapping[str, str], *, folder: Path | None = None
) -> Iterator[Terminal]:
    """Run a command in a terminal of its own, with this environment and in this folder."""
    pid, descriptor = pty.fork()
    if pid == 0:
        # Python's own handler would take Ctrl-C for itself up to the command's start.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.chdir(folder or ".")
        os.execvpe(command[0], command, environment)
    terminal = Terminal(pid, descriptor)
    try:
        yield terminal
    finally:
        if terminal.descriptor >= 0:
            terminal.close()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)
