"""`make run` under what a stranger's shell sets, and on folders and outputs of odd kinds."""

import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from local_stack.programs import Program

from tests.local_stack.stack import (
    COMMAND,
    READY,
    backend,
    ports_of_its_own,
    processes_of,
    whole_stack,
)
from tests.processes import eventually, running

PROXIES = dict.fromkeys(("http_proxy", "HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
GUNICORN_CONFIGURATIONS = ["server_api.gunicorn_conf", "local_stack.stand_in_gunicorn_conf"]
OTHER_PROGRAMS = {
    "PORT": "http",
    "LOG_LEVEL": "trace",
    "GUNICORN_CMD_ARGS": "--bind 0.0.0.0:1",
    "SCRIPT_NAME": "/app",
    "JAVA_TOOL_OPTIONS": "-Xmx1m",
    "AWS_PROFILE": "production",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "LC_ALL": "C",
    "PYTHONIOENCODING": "ascii:strict",
    "PYTHONUTF8": "0",
}


def test_hostile_settings_change_nothing(tmp_path: Path) -> None:
    data_dir = tmp_path / '-it\'s 100%2F "a" #1; $HOME & ü\n'
    variables = ports_of_its_own(data_dir) | PROXIES | OTHER_PROGRAMS
    with whole_stack(variables) as stack:
        for name in ("SERVER_PORT", "LAMBDA_PORT"):
            assert backend(variables, name).request("POST", "/next").status == 200
        assert "LOG_LEVEL is no level of fib's: 'trace'; the level is info" in stack.output()
        assert list((data_dir / "dynamodb").iterdir())


@pytest.mark.long
@pytest.mark.parametrize("kind", ["a socket", "a pipe of another user", "closed"])
def test_output_of_any_kind_will_do(tmp_path: Path, kind: str) -> None:
    """Node's `spawn` and systemd give a socket, `su` a terminal of another user."""
    variables = ports_of_its_own(tmp_path)
    command = ["sh", "-c", 'exec "$@" 1>&-', "sh", *COMMAND] if kind == "closed" else COMMAND
    if kind == "a socket":
        reader, writer = (end.detach() for end in socket.socketpair())
    else:
        reader, writer = os.pipe()
        os.fchown(writer, 65_534, 65_534) if os.geteuid() == 0 else None
        os.fchmod(writer, 0o200)
    stack = subprocess.Popen(command, env=os.environ | variables, stdout=writer, stderr=writer)
    os.close(writer)
    try:
        eventually(lambda: serves(variables))
        if kind != "closed":
            output = ""
            while READY not in output:
                output += os.read(reader, 4096).decode()
        stack.terminate()
        assert stack.wait(20) == 0
        assert processes_of(variables) == []
    finally:
        os.close(reader)
        stack.kill()
        stack.wait()


def serves(variables: dict[str, str]) -> bool:
    try:
        return backend(variables).request("GET", "/current").status == 200
    except OSError:
        return False


FAILING = """
import sys, runpy
from local_stack import programs
failing = programs.Program([sys.executable, "-c", "print('no good'); raise SystemExit(3)"], {{}})
{change}
from local_stack import run
run._LONGEST_START_SECONDS = 6.0
run.main()
"""


@pytest.mark.long
def test_program_that_ends_at_once_is_named_with_its_log(tmp_path: Path) -> None:
    """One that can't start for good: its port was taken a moment after it was found free."""
    variables = ports_of_its_own(tmp_path)
    program = FAILING.format(change="programs.site = lambda **_: failing")
    with running(Program([sys.executable, "-c", program], os.environ | variables)) as stack:
        assert stack.process.wait(60) == 1
        log = tmp_path / "logs/site.log"
        lines = stack.output().splitlines()
    assert f"fib: site ended with status 3; starting it again; its log is {log}" in lines
    assert lines.count(lines[1]) == 1
    site = f"site (http://localhost:{variables['SITE_PORT']}/config.json)"
    assert f"fib: no answer within 6 s from {site}" in lines
    assert f"  the end of {log}:" in lines
    assert "    no good" in lines
    assert processes_of(variables) == []


@pytest.mark.long
def test_database_that_cannot_start_is_named_with_its_log(tmp_path: Path) -> None:
    (tmp_path / "dynamodb").mkdir()
    (tmp_path / "dynamodb/shared-local-instance.db").mkdir()
    variables = ports_of_its_own(tmp_path)
    with running(Program(COMMAND, os.environ | variables)) as stack:
        assert stack.process.wait(90) == 1
        output = stack.output()
    assert "fib: the table could not be created" in output
    assert f"  the end of {tmp_path}/logs/dynamodb.log:" in output
    assert "Traceback" not in output
    assert processes_of(variables) == []


@pytest.mark.parametrize("module", GUNICORN_CONFIGURATIONS)
@pytest.mark.parametrize("error", [ValueError, OSError])
def test_open_files_are_as_many_as_the_system_allows(module: str, error: type[Exception]) -> None:
    """macOS calls the hard limit infinite, and refuses it."""
    program = f"""
import resource
ask, true = resource.getrlimit, resource.setrlimit
resource.getrlimit = lambda which: (256, resource.RLIM_INFINITY)
asked = []
def setrlimit(which, limits):
    asked.append(limits[0])
    if not 0 <= limits[0] <= 10_240:
        raise {error.__name__}("current limit exceeds maximum limit")
resource.setrlimit = setrlimit
import {module}
print(asked[-1])
"""
    environment = {"COUNTER_TABLE_NAME": "counter", "AWS_REGION": "us-east-1"}
    ended = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert ended.stdout == "10240\n", ended.stderr


def test_open_files_reach_the_hard_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    program = """
import resource
from server_api import host
host.raise_open_files_limit()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""
    ended = subprocess.run(
        ["sh", "-c", f"ulimit -S -n 64; exec {sys.executable} -c '{program}'"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert ended.stdout.split() == [str(hard), str(hard)]


@pytest.mark.parametrize("module", GUNICORN_CONFIGURATIONS)
def test_missing_memory_folder_is_done_without(module: str) -> None:
    program = f"""
import os
access = os.access
os.access = lambda path, mode: path != "/dev/shm" and access(path, mode)
import {module} as configuration
print(configuration.worker_tmp_dir)
"""
    environment = {"COUNTER_TABLE_NAME": "counter", "AWS_REGION": "us-east-1"}
    ended = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment
    )
    assert ended.stdout == "None\n"
