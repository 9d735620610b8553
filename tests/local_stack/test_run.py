"""`make run`: what it starts, what it says, what survives."""

import os
import re
import signal
import sys
from functools import partial
from pathlib import Path

import pytest
from local_stack.environment import local_environment
from local_stack.programs import Program

from tests.api.http_client import Backend
from tests.local_stack.stack import (
    COMMAND,
    PORT_NAMES,
    are_dead,
    backend,
    ports_of_its_own,
    processes_of,
    processes_with,
    start_refused,
    whole_stack,
)
from tests.processes import eventually, running


def serves(server: Backend, index: int) -> bool:
    try:
        answer = server.request("GET", "/current")
    except OSError:
        return False
    return answer.status == 200 and answer.index() == index


@pytest.mark.long
def test_killed_processes_come_back_and_the_index_stays(tmp_path: Path) -> None:
    variables = ports_of_its_own(tmp_path)
    server, function = backend(variables), backend(variables, "LAMBDA_PORT")
    with whole_stack(variables) as stack:
        for name in PORT_NAMES:
            assert f"http://localhost:{variables[name]}" in stack.output()
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
            eventually(partial(are_dead, gone))
            for each in (server, function):
                eventually(partial(serves, each, index), seconds=seconds)
        assert index == 5
        stack.process.send_signal(signal.SIGINT)
        assert stack.process.wait(30) == 0
        assert processes_of(variables) == []
    with whole_stack(variables):
        assert serves(server, 5)
        assert server.request("POST", "/next").index() == 6


def test_the_stack_starts_serves_the_site_and_stops(tmp_path: Path) -> None:
    variables = ports_of_its_own(tmp_path)
    site = backend(variables, "SITE_PORT")
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
        # Two stacks would write to one counter and to the same logs.
        second = ports_of_its_own(tmp_path)
        assert f"another `make run` uses DATA_DIR={tmp_path}" in start_refused(second)
        assert stack.stop() == 0
        eventually(lambda: not processes_with(str(tmp_path)))


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "0.0.0.0", "::"])
def test_taken_port_is_named_in_one_line(tmp_path: Path, address: str) -> None:
    variables = ports_of_its_own(tmp_path)
    port = int(variables["SITE_PORT"])
    serving = [sys.executable, "-m", "http.server", "--bind", address, str(port)]
    with running(Program(serving, local_environment(dynamodb_port=1))) as listener:
        eventually(lambda: len(processes_with(f"--bind {address} {port}")) == 1)
        eventually(lambda: listens(address, port))
        line = start_refused(variables)
        assert listener.process.poll() is None
    assert f"port {port} is taken" in line
    assert "SITE_PORT" in line


def listens(address: str, port: int) -> bool:
    reached = "[::1]" if ":" in address else "127.0.0.1"
    try:
        return Backend(f"http://{reached}:{port}").request("GET", "/").status == 200
    except OSError:
        return False


def test_port_without_permission_is_not_called_taken(tmp_path: Path) -> None:
    variables = ports_of_its_own(tmp_path) | {"SITE_PORT": "81"}
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 81:
        pytest.skip("on this machine every user may listen on any port")
    line = start_refused(variables, privileged=False)
    assert "port 81 needs the permissions of root; set SITE_PORT" in line


@pytest.mark.parametrize(
    ("name", "value"), [("SITE_PORT", "web"), ("FIB_MAX_INDEX", "0"), ("LAMBDA_PORT", "70000")]
)
def test_invalid_setting_is_named_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    assert name in start_refused(ports_of_its_own(tmp_path) | {name: value})


def test_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = start_refused(ports_of_its_own(tmp_path / "file"))
    assert f"DATA_DIR={tmp_path}/file can't be written" in line


@pytest.mark.parametrize("below", ["", "new"])
def test_forbidden_data_folder_is_named(tmp_path: Path, below: str) -> None:
    (tmp_path / "data").mkdir(0o555)
    chosen = tmp_path / "data" / below
    line = start_refused(ports_of_its_own(chosen), privileged=False)
    assert f"DATA_DIR={chosen} can't be written: Permission denied" in line


def test_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "logs/server.log").mkdir(parents=True)
    with running(Program(COMMAND, os.environ | ports_of_its_own(tmp_path))) as stack:
        assert stack.process.wait(30) == 1
        assert f"Is a directory: '{tmp_path}/logs/server.log'" in stack.output()
        assert "Traceback" not in stack.output()
