"""Which request heads are served, and what an unfinished one costs."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest
from fibcore import Settings

from tests.api.http_client import Backend
from tests.api.test_hostile_clients import connect, resident_megabytes
from tests.processes import Running

Start = Callable[..., Iterator[tuple[Backend, Running]]]

KILOBYTE = 1_024
FIELDS = 64
FIELD_BYTES = 8 * KILOBYTE
HEAD_BYTES = 32 * KILOBYTE
REQUEST_LINE = b"POST /next HTTP/1.1\r\n"
HOST = b"Host: localhost\r\n"

CONNECTIONS = 200
CONNECTION_MEGABYTES = 0.12
"""An unfinished head in two copies, and the connection itself."""


def field(number: int, size: int) -> bytes:
    """Return a field line of so many bytes, with its end of line."""
    name = b"X-%02d: " % number
    return name + b"v" * (size - len(name) - 2) + b"\r\n"


def head(fields: list[bytes]) -> bytes:
    return REQUEST_LINE + HOST + b"".join(fields) + b"\r\n"


def padded(fields: list[bytes], size: int) -> bytes:
    """Return a head of exactly `size` bytes with these fields and one more."""
    return head([*fields, field(99, size - len(head(fields)))])


COOKIES = b"; ".join(name + b"=" + b"c" * 2_500 for name in (b"sso", b"analytics"))
SERVED = {
    "two cookies of 2,500 bytes": head([b"Cookie: " + COOKIES + b"\r\n"]),
    "an invalid cookie": head([b"Cookie: \xff=;;\r\n"]),
    "64 fields": head([field(number, 100) for number in range(FIELDS - 1)]),
    "a field of 8 KB": head([field(1, FIELD_BYTES)]),
    "a value of 8 KB": head([field(1, FIELD_BYTES + len("X-01: \r\n"))]),
    "32 KB in four fields": padded([field(number, 8_180) for number in range(3)], HEAD_BYTES),
    "32 KB in 64 fields": padded([field(number, 500) for number in range(FIELDS - 2)], HEAD_BYTES),
    "a query of 8 KB": REQUEST_LINE.replace(b"/next", b"/next?" + b"q" * 8_100) + HOST + b"\r\n",
}


@pytest.mark.parametrize("request_head", SERVED.values(), ids=SERVED.keys())
@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"], ids=["fast path", "flask"])
def test_large_heads_are_served(backend: Backend, request_head: bytes, more: bytes) -> None:
    backend.request("POST", "/reset")
    received = backend.send_raw(request_head.removesuffix(b"\r\n") + more + b"\r\n")
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.endswith(b'{"index":1,"value":"1"}')


def test_large_pipelined_heads_are_served(backend: Backend) -> None:
    backend.request("POST", "/reset")
    received = backend.send_raw(SERVED["32 KB in four fields"] * 3)
    assert received.count(b"HTTP/1.1 200 ") == 3


@pytest.mark.parametrize(
    "size", [pytest.param(40, marks=pytest.mark.long), 200], ids="{} KB".format
)
def test_unfinished_heads_cost_little_memory(
    size: int, new_table: Callable[..., Settings], start_backend: Start
) -> None:
    unfinished = REQUEST_LINE + b"".join(field(number, 4_000) for number in range(size // 4))
    for backend, process in start_backend("server", new_table()):
        for _ in range(100):
            backend.request("POST", "/next")
        before = resident_megabytes(process)
        with ExitStack() as stack:
            connections = [stack.enter_context(connect(backend)) for _ in range(CONNECTIONS)]
            for connection in connections:
                with suppress(ConnectionError):  # it was refused
                    connection.sendall(unfinished)
            for _ in range(20):
                assert backend.request("GET", "/health").status == 200
            assert resident_megabytes(process) - before < CONNECTIONS * CONNECTION_MEGABYTES
