"""Clients that stall, abort or send forever do no harm to others and are disconnected."""

import http.client
import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path

import pytest
from fibcore import Settings

from tests.api.conftest import START
from tests.api.http_client import Backend
from tests.processes import Running, eventually

Start = Callable[..., Iterator[tuple[Backend, Running]]]

SHORT_PATIENCE = {"GUNICORN_CMD_ARGS": "--keep-alive 3"}
HALF_A_HEAD = b"POST /next HTTP/1.1\r\nHost: x\r\nX: "
HALF_A_BODY = HALF_A_HEAD + b"\r\nContent-Length: 100\r\n\r\nx"
LONG_HEAD = HALF_A_HEAD + b"x" * 4_000 + (b"\r\nX: " + b"x" * 4_000) * 9
STEP = b"POST /next HTTP/1.1\r\nHost: x\r\n\r\n"
DOCUMENT = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"

IDLE_CONNECTIONS = 2_000
IDLE_CONNECTIONS_MEGABYTES = 60
ROUNDS = 8
GROWTH_MEGABYTES = 20
"""A fifth of what the long heads of all rounds hold, since an allocator keeps some of it."""


def connect(backend: Backend) -> socket.socket:
    port = int(backend.url.rpartition(":")[2])
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def worker(process: Running) -> int:
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(child)


def open_sockets(process: Running) -> int:
    count = 0
    for link in Path(f"/proc/{worker(process)}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            count += str(link.readlink()).startswith("socket:")
    return count


def resident_megabytes(process: Running) -> float:
    pages = int(Path(f"/proc/{worker(process)}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def are_let_go(process: Running, before: int) -> bool:
    return open_sockets(process) <= before


def leave(connection: socket.socket) -> None:
    """Close with a reset, as the system does for a client that is killed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def is_closed_by_server(connection: socket.socket) -> bool:
    connection.settimeout(0)
    try:
        connection.send(b"x")
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@pytest.mark.long
def test_unfinished_heads_are_closed_in_time(
    new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, _ in start_backend("server", new_table(), **SHORT_PATIENCE):
        with closing(connect(backend)) as slow, closing(connect(backend)) as silent:
            slow.sendall(HALF_A_HEAD)
            eventually(partial(is_closed_by_server, slow))
            silent.settimeout(20)
            assert silent.recv(1) == b""
            assert backend.request("POST", "/next").index() == 1


@pytest.mark.long
def test_client_that_never_reads_is_disconnected(
    new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, process in start_backend("server", new_table(), **SHORT_PATIENCE):
        backend.request("GET", "/current")
        before = open_sockets(process)
        with closing(connect(backend)) as greedy:
            greedy.settimeout(1)
            with suppress(TimeoutError, ConnectionError):
                while True:
                    greedy.sendall(DOCUMENT * 1_000)
            eventually(partial(are_let_go, process, before))
            assert backend.request("POST", "/next").index() == 1
        assert process.loud_lines() == []


@pytest.mark.parametrize("name", list(START))
def test_aborting_clients_do_not_affect_others(
    name: str, new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, process in start_backend(name, new_table()):
        backend.request("GET", "/current")
        before = open_sockets(process)
        for sent in (b"", HALF_A_HEAD, HALF_A_BODY, STEP, STEP * 20, DOCUMENT * 50):
            for _ in range(20):
                connection = connect(backend)
                connection.sendall(sent)
                leave(connection)
            assert backend.request("POST", "/next").status == 200
        eventually(partial(are_let_go, process, before))
        reached = backend.request("GET", "/current").index()
        assert 6 <= reached <= 6 + 20 * 21
        assert backend.request("POST", "/next").index() == reached + 1
        assert "Traceback" not in process.output()


@pytest.mark.long
def test_stalling_clients_block_nobody_and_leak_nothing(
    new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, process in start_backend("server", new_table()):
        backend.request("GET", "/current")
        before = open_sockets(process)
        sizes = []
        for _ in range(ROUNDS):
            with ExitStack() as stalled:
                for sent in (b"", HALF_A_HEAD, HALF_A_BODY, *[LONG_HEAD] * 4, STEP + HALF_A_HEAD):
                    for _ in range(40):
                        connection = stalled.enter_context(closing(connect(backend)))
                        connection.sendall(sent)
                for _ in range(20):
                    assert backend.request("POST", "/next").status == 200
            eventually(partial(are_let_go, process, before))
            sizes.append(resident_megabytes(process))
        assert sizes[-1] - sizes[1] < GROWTH_MEGABYTES


@pytest.mark.long
@pytest.mark.parametrize("name", list(START))
def test_2000_idle_connections_cost_little_memory(
    name: str, new_table: Callable[..., Settings], start_backend: Start
) -> None:
    for backend, process in start_backend(name, new_table()):
        for _ in range(100):
            backend.request("POST", "/next")
        before = resident_megabytes(process)
        with ExitStack() as stack:
            idle = [stack.enter_context(closing(connect(backend))) for _ in range(IDLE_CONNECTIONS)]
            for connection in idle:
                connection.sendall(STEP)
                answer = http.client.HTTPResponse(connection)
                answer.begin()
                assert answer.status == 200
                answer.read()
            cost = resident_megabytes(process) - before
            print(f"{name}: {IDLE_CONNECTIONS:,} idle connections cost {cost:.0f} MB")
            assert backend.request("GET", "/current").index() == 100 + IDLE_CONNECTIONS
            # On AWS, API Gateway holds the connections of the Lambda backend.
            assert cost < IDLE_CONNECTIONS_MEGABYTES or name == "lambda"
            for connection in idle[::100]:
                connection.sendall(STEP)
                assert connection.recv(100).startswith(b"HTTP/1.1 200")
