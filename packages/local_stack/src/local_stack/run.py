"""Start the whole stack: `make run`.

It runs until Ctrl-C, SIGTERM, a closed terminal (SIGHUP) or the end of the process that started it.
"""

import argparse
import asyncio
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Final

from fibcore import InvalidSettings
from fibcore.http.contract import CURRENT_PATH
from server_api.server_settings import ServerSettings

from local_stack import ports, programs
from local_stack.environment import has_known_log_level, local_environment, url
from local_stack.npm_package import CannotFetch
from local_stack.readiness import wait_until_ready
from local_stack.stack_settings import LocalSettings
from local_stack.supervisor import Supervisor
from local_stack.terminal import say

_LONGEST_START_SECONDS: Final = 60.0
_PARENT_INTERVAL_SECONDS: Final = 0.5


class CannotStart(Exception):
    """The stack can't start; the text says why and what to do, in one line."""


def main() -> None:
    """Check the settings, the ports and the data folder, then run everything until told to stop."""
    arguments = argparse.ArgumentParser(description="Start the whole stack on localhost.")
    arguments.add_argument(
        "--started-by", type=int, default=os.getppid(), help="the process whose end ends the stack"
    )
    started_by = arguments.parse_args().started_by
    try:
        local = _read_settings()
        _check_ports(local)
        lock = _lock_data_dir(local.data_dir)
        stack = programs.stack(local)
    except (CannotFetch, CannotStart, InvalidSettings) as fault:
        sys.exit(f"fib: can't start: {fault}")
    with lock:
        sys.exit(asyncio.run(_Stack(local, stack, started_by).run()))


def _read_settings() -> LocalSettings:
    local = LocalSettings.from_environ(os.environ)
    ServerSettings.from_environ(local_environment(dynamodb_port=local.dynamodb_port))
    if not has_known_log_level(os.environ):
        say(f"LOG_LEVEL is no level of fib's: {os.environ['LOG_LEVEL']!r}; the level is info")
    return local


def _check_ports(local: LocalSettings) -> None:
    for port, variable in local.port_names.items():
        if problem := ports.problem_with(port):
            raise CannotStart(f"{problem}; set {variable} to a free one")


def _lock_data_dir(data_dir: Path) -> IO[str]:
    """Make the data folder, and take it for this process until the returned file is closed."""
    try:
        for folder in ("logs", "dynamodb"):
            (data_dir / folder).mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "run.lock").open("a")
    except OSError as error:
        raise CannotStart(
            f"DATA_DIR={data_dir} can't be written: {error.strerror}; set it to another folder"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CannotStart(
            f"another `make run` uses DATA_DIR={data_dir}; stop it, or set another folder"
        ) from None
    return lock


class _Stack:
    """The running stack, from its start to its end."""

    def __init__(
        self, local: LocalSettings, stack: dict[str, programs.Program], started_by: int
    ) -> None:
        self._local = local
        self._started_by = started_by
        self._supervisor = Supervisor(stack, logs=local.data_dir / "logs")
        self._stopped = asyncio.Event()
        self._status = 0

    async def run(self) -> int:
        """Start everything, wait until told to stop, stop everything; return the exit status."""
        self._stop_on_signals()
        say("starting; Ctrl-C stops everything …")
        supervision = asyncio.create_task(self._supervisor.run())
        stopped = asyncio.create_task(self._stopped.wait())
        helpers = [asyncio.create_task(self._announce())]
        helpers.append(asyncio.create_task(self._stop_with_parent()))
        await asyncio.wait({supervision, stopped}, return_when=asyncio.FIRST_COMPLETED)
        say("stopping …")
        tasks = (supervision, stopped, *helpers)
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, OSError):
                say(f"fib: can't start: {outcome}")
                self._status = 1
            elif isinstance(outcome, Exception):
                raise outcome
        return self._status

    def _stop_on_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # `nohup make run` ignores SIGHUP and means it.
            if number != signal.SIGHUP or not _is_detached():
                loop.add_signal_handler(number, self._stopped.set)

    async def _stop_with_parent(self) -> None:
        """Stop when the process that started the stack has ended, or its shell."""
        parent = os.getppid()

        def wanted() -> bool:
            return os.getppid() == parent and _is_running(self._started_by)

        while _is_detached() or wanted():  # noqa: ASYNC110 - no event reports their end
            await asyncio.sleep(_PARENT_INTERVAL_SECONDS)
        self._stopped.set()

    async def _announce(self) -> None:
        """Create the table, wait until everything answers, and print the addresses."""
        local = self._local
        table = programs.table(dynamodb_port=local.dynamodb_port)
        process = await asyncio.create_subprocess_exec(
            *table.command, env=table.environment, stdin=subprocess.DEVNULL
        )
        try:
            failed = await process.wait()
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        if failed:
            self._fail(["dynamodb"], "the table could not be created")
            return
        addresses = {
            "server": url(local.server_port) + CURRENT_PATH,
            "lambda": url(local.lambda_port) + CURRENT_PATH,
            "site": url(local.site_port) + "/config.json",
        }
        late = await wait_until_ready(addresses, seconds=_LONGEST_START_SECONDS)
        if late:
            named = ", ".join(f"{name} ({addresses[name]})" for name in late)
            self._fail(late, f"no answer within {_LONGEST_START_SECONDS:.0f} s from {named}")
            return
        say(
            f"""
  site      {url(local.site_port)}
  server    {url(local.server_port)}
  lambda    {url(local.lambda_port)}
  DynamoDB  {url(local.dynamodb_port)}

  data and logs are in {local.data_dir}; Ctrl-C stops everything
"""
        )

    def _fail(self, names: list[str], problem: str) -> None:
        say(f"fib: {problem}")
        for name in names:
            say(f"  the end of {self._supervisor.log(name)}:\n{self._supervisor.last_lines(name)}")
        self._status = 1
        self._stopped.set()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_detached() -> bool:
    """Tell whether the stack was started to outlive its terminal, by `nohup`."""
    return signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


if __name__ == "__main__":
    main()
