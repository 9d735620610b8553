"""Request bodies and pipelined requests, as bytes on a connection."""

import pytest
from fibcore.http import contract, problems

from tests.api.conftest import Table
from tests.api.http_client import Backend, assert_problem

HOST = b"Host: localhost\r\n"


def in_chunks(size: int) -> list[bytes]:
    return [b"x" * 1_000] * (size // 1_000)


def test_chunked_body_is_discarded(backend: Backend, table: Table) -> None:
    table.put(7)
    answer = backend.request("POST", "/next", body=in_chunks(10_000), chunked=True)
    assert answer.index() == 8


def test_chunked_body_over_the_limit_moves_nothing(backend: Backend, table: Table) -> None:
    table.put(7)
    body = in_chunks(contract.BODY_LIMIT_BYTES + 2_000)
    refused = backend.request(
        "POST", "/next", body=body, chunked=True, headers={"Transfer-Encoding": "chunked"}
    )
    assert_problem(refused, problems.BODY_TOO_LARGE)
    assert refused.headers["connection"] == "close"
    assert backend.request("GET", "/current").index() == 7


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST /next HTTP/1.1\r\n" + HOST + b"Content-Length: 10\r\n\r\n12345",
        b"POST /next HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n12",
        b"POST /next HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n12\r\n",
        b"POST /next HTTP/1.1\r\n" + HOST + b"Content-Length: x\r\n\r\n",
        b"POST /next HTTP/1.1\r\n"
        + HOST
        + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /next HTTP/1.1\r\n" + HOST,
        b"post /next HTTP/1.1\r\n" + HOST + b"\r\n",
    ],
    ids=["cut", "chunk-cut", "chunk-bad", "length-bad", "length-and-chunks", "head-cut", "lower"],
)
def test_malformed_or_cut_request_moves_nothing(
    backend: Backend, table: Table, request_bytes: bytes
) -> None:
    table.put(7)
    received = backend.send_raw(request_bytes)
    assert b" 200 " not in received.partition(b"\r\n")[0]
    assert b"Traceback" not in received
    assert backend.request("GET", "/current").index() == 7


def test_pipelined_steps_are_answered_in_order(backend: Backend, table: Table) -> None:
    table.put(7)
    step = b"POST /next HTTP/1.1\r\n" + HOST + b"\r\n"
    last = b"POST /next HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    received = backend.send_raw(step * 4 + last)
    places = [received.find(b'"index":%d,' % index) for index in range(8, 13)]
    assert places == sorted(places)
    assert -1 not in places
