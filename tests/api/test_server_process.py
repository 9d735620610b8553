"""The server process: its access log and its start."""

import json
import subprocess
from collections.abc import Callable, Iterator
from functools import partial

from fibcore import Settings
from local_stack import programs

from tests.api.http_client import Backend
from tests.processes import Running, eventually

Start = Callable[..., Iterator[tuple[Backend, Running]]]


def access_lines(process: Running) -> list[dict[str, object]]:
    return [json.loads(line) for line in process.output().splitlines() if line.startswith("{")]


def has_access_lines(process: Running, count: int) -> bool:
    return len(access_lines(process)) == count


def test_access_log_has_one_line_a_request(
    new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, process in start_backend("server", new_table(), FIB_ACCESS_LOG="1"):
        backend.request("POST", "/next?q=1")
        backend.request("GET", '/%0a{"status":200}%0d%0a')
        eventually(partial(has_access_lines, process, 2))
        step, forged = access_lines(process)
        assert (step["method"], step["path"], step["status"]) == ("POST", "/next", 200)
        assert (forged["path"], forged["status"]) == ('/\n{"status":200}\r\n', 404)


def test_requests_leave_no_line_by_default(
    new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, process in start_backend("server", new_table()):
        backend.request("POST", "/next")
        backend.request("GET", "/nowhere")
        assert access_lines(process) == []


def test_invalid_settings_end_the_start_in_one_line() -> None:
    command, environment, _ = programs.server(
        port=1,
        dynamodb_port=1,
        FIB_MAX_INDEX="0",
        COUNTER_TABLE_NAME="",
        WEB_CONCURRENCY="17",
    )
    ended = subprocess.run(
        command, env=environment, check=False, capture_output=True, text=True, timeout=30
    )
    assert ended.returncode != 0
    (line,) = [line for line in ended.stderr.splitlines() if "FIB_MAX_INDEX" in line]
    assert "COUNTER_TABLE_NAME" in line
    assert "WEB_CONCURRENCY" in line
    assert "Traceback" not in ended.stderr
