"""How the server stops, and how it closes idle connections."""

import http.client
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fibcore import Settings
from server_api.worker import IDLE_SECONDS_AT_STOP

from tests.api.http_client import Backend
from tests.faults.proxy_control import ProxyControl, proxy_program
from tests.processes import Running, eventually, free_port, running

Start = Callable[..., Iterator[tuple[Backend, Running]]]

STEP = b"POST /next HTTP/1.1\r\nHost: x\r\n\r\n"
KEEP_ALIVE_SECONDS = 2
SHORT_KEEP_ALIVE = {"GUNICORN_CMD_ARGS": f"--keep-alive {KEEP_ALIVE_SECONDS}"}
CONNECTIONS = 50
IDLE = 20


def address(backend: Backend) -> tuple[str, int]:
    parts = urlsplit(backend.url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def worker_of(process: Running) -> int:
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(child)


def read_answer(connection: socket.socket) -> tuple[int, str | None]:
    """Return an answer's status and its `Connection` header; fail if the connection was reset."""
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    answer.read()
    return answer.status, answer.headers["Connection"]


def refused_when_it_stops_accepting(backend: Backend) -> None:
    deadline = time.monotonic() + 15
    while True:
        try:
            socket.create_connection(address(backend), timeout=1).close()
        except OSError:
            return
        assert time.monotonic() < deadline


def used_connections(backend: Backend, count: int, stack: ExitStack) -> list[socket.socket]:
    """Return keep-alive connections that have each had one answer."""
    connections = [
        stack.enter_context(socket.create_connection(address(backend), timeout=20))
        for _ in range(count)
    ]
    for connection in connections:
        connection.sendall(STEP)
        assert read_answer(connection) == (200, "keep-alive")
    return connections


def send_while_suspended(process: Running, connections: list[socket.socket], due: float) -> None:
    """Suspend the worker until `due`, so that its timer and these requests come up at once.

    Args:
        process: The server.
        connections: Where a request is sent that the worker finds in its socket buffers.
        due: When the worker would have closed the connections, monotonic.
    """
    worker = worker_of(process)
    os.kill(worker, signal.SIGSTOP)
    for connection in connections:
        connection.sendall(STEP)
    time.sleep(max(0.0, due - time.monotonic()))
    os.kill(worker, signal.SIGCONT)


def test_stop_answers_requests_in_socket_buffers(
    new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, process in start_backend("server", new_table()):
        with ExitStack() as stack:
            connections = used_connections(backend, CONNECTIONS, stack)
            process.process.send_signal(signal.SIGTERM)
            refused_when_it_stops_accepting(backend)
            send_while_suspended(process, connections, time.monotonic() + IDLE_SECONDS_AT_STOP)
            answers = [read_answer(connection) for connection in connections]
        assert answers == [(200, "close")] * CONNECTIONS
        assert process.process.wait(15) == 0
        assert process.loud_lines() == []


@pytest.mark.long
def test_stop_answers_connections_in_the_backlog(
    new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, process in start_backend("server", new_table()):
        with ExitStack() as stack:
            used_connections(backend, 1, stack)
            worker = worker_of(process)
            os.kill(worker, signal.SIGSTOP)
            connections = [
                stack.enter_context(socket.create_connection(address(backend), timeout=20))
                for _ in range(CONNECTIONS)
            ]
            for connection in connections:
                connection.sendall(STEP)
            process.process.send_signal(signal.SIGTERM)
            os.kill(worker, signal.SIGCONT)
            answers = [read_answer(connection) for connection in connections]
        assert {status for status, _ in answers} == {200}
        assert process.process.wait(15) == 0
        assert process.loud_lines() == []


def test_sweep_answers_requests_in_socket_buffers(
    new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, process in start_backend("server", new_table(), **SHORT_KEEP_ALIVE):
        with ExitStack() as stack:
            connections = used_connections(backend, CONNECTIONS, stack)
            send_while_suspended(process, connections, time.monotonic() + KEEP_ALIVE_SECONDS + 1)
            answers = [read_answer(connection) for connection in connections]
        assert [status for status, _ in answers] == [200] * CONNECTIONS
        assert process.loud_lines() == []


@pytest.mark.long
def test_stop_closes_idle_connections_silently(
    new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, process in start_backend("server", new_table()):
        with ExitStack() as stack:
            idle = used_connections(backend, IDLE, stack)
            idle += [
                stack.enter_context(socket.create_connection(address(backend), timeout=20))
                for _ in range(IDLE)
            ]
            process.process.send_signal(signal.SIGTERM)
            assert [connection.recv(1) for connection in idle] == [b""] * (2 * IDLE)
        # Gunicorn alone would wait 25 s for idle clients.
        assert process.process.wait(15) == 0
        assert process.loud_lines() == []


@pytest.mark.long
def test_sweep_closes_idle_connections_silently(
    new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, process in start_backend("server", new_table(), **SHORT_KEEP_ALIVE):
        with ExitStack() as stack:
            idle = used_connections(backend, IDLE, stack)
            assert [connection.recv(1) for connection in idle] == [b""] * IDLE
        assert backend.request("GET", "/health").status == 200
        assert process.loud_lines() == []


@pytest.mark.long
def test_stop_answers_what_is_in_flight(
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
            assert answered.headers["Connection"] == "close"
            assert in_flight.recv(1) == b""
            assert process.process.wait(15) == 0
        assert process.loud_lines() == []


def test_step_in_flight_at_stop_is_the_last(
    new_table: Callable[..., Settings], start_backend: Start, dynamodb_port: int
) -> None:
    port = free_port()
    with running(proxy_program(port, dynamodb_port), port=port):
        proxy = ProxyControl(port)
        behind = {"AWS_ENDPOINT_URL_DYNAMODB": f"http://localhost:{port}"}
        for backend, process in start_backend("server", new_table(), **behind):
            backend.request("POST", "/next")
            proxy.set_call_seconds(1)
            before = proxy.counts()["writes"]
            with socket.create_connection(address(backend), timeout=20) as connection:
                connection.sendall(STEP * 2)
                eventually(partial(has_more_writes, proxy, before))
                process.process.send_signal(signal.SIGTERM)
                received = b""
                while chunk := connection.recv(4_096):
                    received += chunk
            assert received.count(b"HTTP/1.1 200") == 1
            assert b"\r\nConnection: close\r\n" in received
            assert received.endswith(b'{"index":2,"value":"1"}')
            assert process.process.wait(15) == 0
            assert process.loud_lines() == []


def has_more_writes(proxy: ProxyControl, before: int) -> bool:
    return proxy.counts()["writes"] > before
