"""`make run`: what it starts, what it says, what survives."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from local_stack.environment import local_environment
from local_stack.programs import Program

from tests.api.http_client import Backend
from tests.processes import Running, eventually, free_port, running

COMMAND = [sys.executable, "-m", "local_stack.run"]


def ports_on_their_own(data_dir: Path) -> dict[str, str]:
    names = ("SITE_PORT", "SERVER_PORT", "LAMBDA_PORT", "DYNAMODB_PORT")
    return {name: str(free_port()) for name in names} | {"DATA_DIR": str(data_dir)}


@contextmanager
def whole_stack(variables: dict[str, str]) -> Iterator[Running]:
    """Run everything, from when it has printed its addresses."""
    environment = os.environ | variables
    with running(Program(COMMAND, environment)) as stack:
        try:
            eventually(lambda: "Ctrl-C ends it all\n\n" in stack.output(), seconds=60)
            yield stack
        finally:
            # Supervisor's children lead groups of their own, which no kill of its group reaches.
            stack.stop()


def processes_with(text: str) -> list[int]:
    """Return the processes whose command line has `text`, parents first."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if text in command:
            found.append(int(folder.name))
    return sorted(found)


def are_dead(pids: list[int]) -> bool:
    return not any(os.path.lexists(f"/proc/{pid}/exe") for pid in pids)


def serves(backend: Backend, index: int) -> bool:
    try:
        answer = backend.request("GET", "/current")
    except OSError:
        return False
    return answer.status == 200 and answer.index() == index


@pytest.mark.long
def test_whatever_is_killed_comes_back_and_the_index_stays(tmp_path: Path) -> None:
    variables = ports_on_their_own(tmp_path)
    server = Backend(f"http://localhost:{variables['SERVER_PORT']}")
    function = Backend(f"http://localhost:{variables['LAMBDA_PORT']}")
    with whole_stack(variables) as stack:
        for port in (variables["SITE_PORT"], variables["SERVER_PORT"], variables["LAMBDA_PORT"]):
            assert f"http://localhost:{port}" in stack.output()
        index = 0
        gunicorns = [variables["SERVER_PORT"], variables["LAMBDA_PORT"]]
        for command, which, seconds in [
            *[(f"127.0.0.1:{port}", which, 5) for port in gunicorns for which in (-1, 0)],
            (f"-port {variables['DYNAMODB_PORT']}", 0, 15),
        ]:
            index = server.request("POST", "/next").index()
            before = processes_with(command)
            os.kill(before[which], signal.SIGKILL)
            # A worker whose master is gone serves on for a moment, then ends as well.
            gone = before if which == 0 else before[which:]
            eventually(partial(are_dead, gone), seconds=5)
            for backend in (server, function):
                eventually(partial(serves, backend, index), seconds=seconds)
        assert index == 5
        stack.process.send_signal(signal.SIGINT)
        assert stack.process.wait(30) == 0
        for port in (variables["SERVER_PORT"], variables["LAMBDA_PORT"], variables["SITE_PORT"]):
            assert processes_with(f"127.0.0.1:{port}") == []
        assert processes_with(f"-port {variables['DYNAMODB_PORT']}") == []
    with whole_stack(variables):
        assert serves(server, 5)
        assert server.request("POST", "/next").index() == 6


def test_the_stack_starts_serves_the_site_and_ends_on_sigterm(tmp_path: Path) -> None:
    variables = ports_on_their_own(tmp_path)
    site = Backend(f"http://localhost:{variables['SITE_PORT']}")
    with whole_stack(variables) as stack:
        page = site.request("GET", "/")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert site.request("GET", "/config.json").json() == {
            "backends": [
                {"name": "server", "url": f"http://localhost:{variables['SERVER_PORT']}"},
                {"name": "lambda", "url": f"http://localhost:{variables['LAMBDA_PORT']}"},
            ]
        }
        for link in re.findall(rb'(?:src|href)="([a-z]\w*\.\w+)"', page.body):
            assert site.request("GET", "/" + link.decode()).status == 200
        assert stack.stop() == 0
        assert processes_with(str(tmp_path)) == []


def test_a_taken_port_is_told_in_one_line(tmp_path: Path) -> None:
    variables = ports_on_their_own(tmp_path)
    port = int(variables["SERVER_PORT"])
    listener = Program(
        [sys.executable, "-m", "http.server", str(port)], local_environment(dynamodb_port=1)
    )
    with running(listener, port=port):
        ended = subprocess.run(
            COMMAND, check=False, capture_output=True, text=True, env=os.environ | variables
        )
    assert ended.returncode != 0
    (line,) = ended.stderr.splitlines()
    assert f"port {port} is taken" in line
    assert "SERVER_PORT" in line


@pytest.mark.parametrize(
    ("name", "value"), [("SITE_PORT", "web"), ("FIB_MAX_INDEX", "0"), ("LAMBDA_PORT", "70000")]
)
def test_a_senseless_setting_is_told_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    variables = ports_on_their_own(tmp_path) | {name: value}
    ended = subprocess.run(
        COMMAND, check=False, capture_output=True, text=True, env=os.environ | variables
    )
    assert ended.returncode != 0
    (line,) = ended.stderr.splitlines()
    assert name in line
