"""What is the server's own: its access log, how it starts, how it stops."""

import http.client
import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from urllib.parse import urlsplit

from fibcore import Settings
from local_stack import programs

from tests.api.http_client import Backend
from tests.processes import Running, eventually

Start = Callable[..., Iterator[tuple[Backend, Running]]]


def address(backend: Backend) -> tuple[str, int]:
    parts = urlsplit(backend.url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def access_lines(process: Running) -> list[dict[str, object]]:
    return [json.loads(line) for line in process.output().splitlines() if line.startswith("{")]


def has_access_lines(process: Running, count: int) -> bool:
    return len(access_lines(process)) == count


def test_each_request_is_one_line_of_json_that_no_path_can_forge(
    new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, process in start_backend("server", new_table(), FIB_ACCESS_LOG="1"):
        backend.request("POST", "/next?q=1")
        backend.request("GET", '/%0a{"status":200}%0d%0a')
        eventually(partial(has_access_lines, process, 2), seconds=5)
        step, forged = access_lines(process)
        assert (step["method"], step["path"], step["status"]) == ("POST", "/next", 200)
        assert (forged["path"], forged["status"]) == ('/\n{"status":200}\r\n', 404)


def test_without_the_access_log_a_request_leaves_no_line(
    new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, process in start_backend("server", new_table()):
        backend.request("POST", "/next")
        backend.request("GET", "/nowhere")
        assert access_lines(process) == []


def test_a_server_that_stops_answers_what_is_in_flight_and_waits_for_no_idle_client(
    new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, process in start_backend("server", new_table()):
        silent, speaks = (http.client.HTTPConnection(*address(backend)) for _ in range(2))
        with (
            closing(silent),
            closing(speaks),
            socket.create_connection(address(backend), timeout=20) as in_flight,
        ):
            for idle in (silent, speaks):
                idle.request("GET", "/health")
                assert idle.getresponse().read() == b'{"status":"ok"}'
            in_flight.sendall(b"POST /next HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nx")
            backend.request("GET", "/health")
            process.process.send_signal(signal.SIGTERM)
            refused_when_it_stops_accepting(backend)
            speaks.request("GET", "/health")
            last = speaks.getresponse()
            assert (last.status, last.headers["Connection"]) == (200, "close")
            in_flight.sendall(b"x")
            answered = http.client.HTTPResponse(in_flight)
            answered.begin()
            assert answered.read() == b'{"index":1,"value":"1"}'
            # Far below the time-out of 25 s for which Gunicorn alone would wait for idle clients.
            assert process.process.wait(15) == 0


def test_a_server_that_stops_waits_for_no_client_that_it_answered_last(
    new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, process in start_backend("server", new_table()):
        with (
            socket.create_connection(address(backend), timeout=20) as idle,
            socket.create_connection(address(backend), timeout=20) as in_flight,
        ):
            in_flight.sendall(b"POST /next HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nx")
            backend.request("GET", "/health")
            process.process.send_signal(signal.SIGTERM)
            assert idle.recv(1) == b""
            in_flight.sendall(b"x")
            answered = http.client.HTTPResponse(in_flight)
            answered.begin()
            assert answered.read() == b'{"index":1,"value":"1"}'
            assert process.process.wait(15) == 0


def refused_when_it_stops_accepting(backend: Backend) -> None:
    deadline = time.monotonic() + 15
    while True:
        try:
            socket.create_connection(address(backend), timeout=1).close()
        except OSError:
            return
        assert time.monotonic() < deadline


def test_bad_configuration_ends_the_process_with_one_line() -> None:
    command, environment = programs.server(
        port=1, dynamodb_port=1, FIB_MAX_INDEX="0", COUNTER_TABLE_NAME=""
    )
    ended = subprocess.run(
        command, env=environment, check=False, capture_output=True, text=True, timeout=30
    )
    assert ended.returncode != 0
    (line,) = [line for line in ended.stderr.splitlines() if "FIB_MAX_INDEX" in line]
    assert "COUNTER_TABLE_NAME" in line
    assert "Traceback" not in ended.stderr
