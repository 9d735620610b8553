"""The fast path and Flask give the same answers and write the same access log."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from fibcore import Settings

from tests.api.http_client import Answer, Backend
from tests.processes import Running, eventually

BY_FLASK = {"Connection": "close"}
OF_ONE_ANSWER = {"connection", "date"}
OF_ONE_LINE = {"time", "milliseconds"}

On = tuple[Backend, Running]


@pytest.fixture(scope="module")
def server(
    new_table: Callable[..., Settings],
    start_backend: Callable[..., Iterator[On]],
) -> Iterator[On]:
    yield from start_backend("server", new_table(), FIB_MAX_INDEX="2", FIB_ACCESS_LOG="1")


def ask(backend: Backend, method: str, path: str, headers: dict[str, str], at: int) -> Answer:
    """Send a request while the counter stands at index `at`."""
    backend.request("POST", "/reset")
    for _ in range(at):
        backend.request("POST", "/next")
    return backend.request(method, path, headers=headers)


def comparable(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in OF_ONE_ANSWER}


def access_lines(process: Running) -> list[dict[str, Any]]:
    return [json.loads(line) for line in process.output().splitlines() if line.startswith("{")]


def has_access_lines(process: Running, count: int) -> bool:
    return len(access_lines(process)) == count


@pytest.mark.parametrize(
    ("request_line", "headers", "at", "status"),
    [
        ("GET /current", {}, 1, 200),
        ("GET /current", {"If-None-Match": '"7", W/"1"'}, 1, 304),
        ("POST /next", {}, 1, 200),
        ("POST /next", {"Content-Length": "0"}, 1, 200),
        ("POST /next", {"X-Forwarded-For": '192.0.2.1, "\t\xe9'}, 1, 200),
        ("POST /previous", {}, 1, 200),
        ("POST /reset", {}, 1, 200),
        ("POST /previous", {}, 0, 409),
        ("POST /next", {}, 2, 409),
    ],
)
def test_fast_path_and_flask_agree(
    server: On, request_line: str, headers: dict[str, str], at: int, status: int
) -> None:
    backend, process = server
    method, path = request_line.split()
    before = len(access_lines(process))
    fast, flask = (ask(backend, method, path, headers | more, at) for more in ({}, BY_FLASK))
    assert fast.headers["connection"] == "keep-alive"
    assert flask.headers["connection"] == "close"
    assert fast.status == flask.status == status
    assert fast.body == flask.body
    assert comparable(fast) == comparable(flask)

    requests = at + 2
    eventually(partial(has_access_lines, process, before + 2 * requests))
    lines = access_lines(process)[before:]
    for line in lines:
        assert 0 < line["milliseconds"] < 5_000
        for name in OF_ONE_LINE:
            del line[name]
    assert lines[:requests] == lines[requests:]
    assert lines[-1]["path"] == path
    assert lines[-1]["status"] == status
    assert lines[-1]["bytes"] == len(flask.body)
    assert lines[-1]["client"] == headers.get("X-Forwarded-For", "127.0.0.1")


def test_time_is_in_utc_with_milliseconds(server: On) -> None:
    backend, process = server
    before = len(access_lines(process))
    for more in ({}, BY_FLASK):
        assert backend.request("POST", "/reset", headers=more).status == 200
    eventually(partial(has_access_lines, process, before + 2))
    for line in access_lines(process)[before:]:
        time = datetime.fromisoformat(line["time"])
        assert time.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - time) < timedelta(minutes=1)
        assert len(line["time"]) == len("2026-01-01T00:00:00.000+00:00")


def test_answers_of_one_turn_are_all_logged(server: On) -> None:
    backend, process = server
    before = len(access_lines(process))
    step = b"POST /reset HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: " + b"x" * 300 + b"\r\n\r\n"
    received = backend.send_raw(step * 200)
    assert received.count(b"HTTP/1.1 200") == 200
    eventually(partial(has_access_lines, process, before + 200))
    assert {line["client"] for line in access_lines(process)[before:]} == {"x" * 300}
