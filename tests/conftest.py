"""What every level of tests shares: one DynamoDB Local, a new table for each test that asks."""

import os
import shutil
import signal
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from fibcore import Settings
from local_stack import programs
from local_stack.backend_check import problem_with
from local_stack.environment import (
    CREDENTIALS,
    local_environment,
    without_proxy_for_localhost,
)
from local_stack.table import create_and_seed
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling, Scheduling

from tests.processes import free_port, running

os.environ.update(CREDENTIALS | without_proxy_for_localhost(os.environ))
# The environment's own tools come first, Node among them, also if it was not `make` that began.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backend-url", help="run tests/api against this URL instead")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse an address at which no backend answers, rather than fail every test."""
    # Under nohup the tests' processes would ignore the signal that a closed terminal sends.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    url = config.getoption("--backend-url")
    if url and not config.option.collectonly and (problem := problem_with(url)):
        raise pytest.UsageError(problem)


_INSTALL = "sudo apt-get install"


# The folders whose tests share what takes seconds to start, with what they share.
_SHARING = {
    "rehearsal": "deployed stacks",
    "api": "backends",
    "site": "page",
    "infra": "templates",
    "docs": "templates",
}
# What takes so long that two processes divide the files, and each starts it.
_IN_HALVES = ("page", "templates")
# What takes long comes first, so that all processes end at about the same time.
_FIRST = (*_SHARING, "newcomer", "faults", "simulation", "local_stack")
# What takes a minute and changes seldom; `make rehearse` and `make test-all` run it.
_LONG = ("rehearsal",)


class _ByFolder(LoadScopeScheduling):  # type: ignore[misc] # it has no types
    """Gives tests that share something to one process, and each other test to whoever is free.

    Two processes divide what takes longest between them, file by file.

    The `xdist_group` mark would do the same, but pytest-xdist 3.8 ignores it under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        shared = _SHARING.get(_folder(nodeid), nodeid)
        if shared in _IN_HALVES:
            # As good as any rule that divides the files into halves.
            return f"{shared} {len(nodeid.partition('::')[0]) % 2}"
        return shared


def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are cores, since many tests wait for other programs."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return _ByFolder(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the folders that take longest first; mark whole folders as long."""
    for item in items:
        if _folder(item.nodeid) in _LONG:
            item.add_marker(pytest.mark.long)
    items.sort(key=lambda item: [*_FIRST, _folder(item.nodeid)].index(_folder(item.nodeid)))


def _folder(nodeid: str) -> str:
    """Return the folder below `tests` that a test is in.

    The path of the checkout does not matter, because a node id begins at its root.
    """
    return nodeid.split("/")[1]


def skip_or_fail(reason: str) -> NoReturn:
    """Skip the test because the machine lacks something; fail it where nothing may be skipped."""
    if os.environ.get("FIB_NO_SKIP"):
        pytest.fail(reason)
    pytest.skip(reason)


def require_tools(subject: str, *commands: str) -> None:
    """Skip what needs a system tool that is missing; on Debian its package has the same name."""
    if missing := [name for name in commands if not shutil.which(name)]:
        skip_or_fail(f"{subject}: {_INSTALL} {' '.join(missing)}")


def find_chromium(subject: str) -> str:
    """Return the path of a Chromium; skip what needs it if there is none.

    The headless shell is Chromium without its windows. It draws the same pages, and opens them
    sooner.
    """
    for name in ("chromium-headless-shell", "chromium"):
        if path := shutil.which(name):
            return path
    skip_or_fail(f"{subject}: {_INSTALL} chromium-headless-shell")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end, in one block, which tests were skipped and what installs what they need."""
    skipped = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", ())
        if isinstance(report.longrepr, tuple)
    )
    if not skipped:
        return
    terminalreporter.section("not tested on this machine")
    for reason, count in sorted(skipped.items()):
        terminalreporter.line(f"{count} skipped: {reason}")
    packages = {
        package
        for reason in skipped
        if _INSTALL in reason
        for package in reason.partition(_INSTALL)[2].split()
    }
    if packages:
        terminalreporter.line(f"To test all of it: {_INSTALL} {' '.join(sorted(packages))}")


@pytest.fixture(scope="session")
def dynamodb_port() -> Iterator[int]:
    """The port of a DynamoDB Local that keeps its data in memory."""
    port = free_port()
    with running(programs.dynamodb(port=port), port=port):
        yield port


@pytest.fixture(scope="session")
def new_table(dynamodb_port: int) -> Callable[..., Settings]:
    """Make a table of its own, seeded, and return the settings that lead to it."""

    def make(**variables: str) -> Settings:
        named = {"COUNTER_TABLE_NAME": f"test-{uuid.uuid4().hex}", **variables}
        environ = local_environment(dynamodb_port=dynamodb_port, variables=named)
        settings = Settings.from_environ(environ)
        create_and_seed(settings)
        return settings

    return make
