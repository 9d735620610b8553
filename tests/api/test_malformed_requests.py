"""Malformed requests, as bytes: the parser refuses them or the contract answers, never with 500."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from fibcore import Settings
from fibcore.http import contract, problems
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import START, Table
from tests.api.http_client import Backend
from tests.processes import Running

HOST = b"Host: localhost\r\n"
STEP = b"POST /next HTTP/1.1\r\n" + HOST
READ = b"GET /health HTTP/1.1\r\n"
CHUNKED = STEP + b"Transfer-Encoding: chunked\r\n\r\n"
END = b"\r\n"

# Gunicorn's parser answers with these, not the contract; on AWS the load balancer or the gateway.
BY_PARSER = {400, 414, 417, 431, 501}

REFUSED = {
    "a body with a length and chunks": STEP
    + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks twice": STEP + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n",
    "chunks that are not last": STEP + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "an unknown transfer coding": STEP + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /next HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": STEP + b"Content-Length: 0\r\nContent-Length: 1\r\n\r\nx",
    "a list of lengths": STEP + b"Content-Length: 1, 1\r\n\r\nx",
    "a length with a sign": STEP + b"Content-Length: +1\r\n\r\nx",
    "a negative length": STEP + b"Content-Length: -1\r\n\r\nx",
    "a length of a thousand digits": STEP + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\nx",
    "a chunk whose size is no number": CHUNKED + b"zz\r\nx\r\n0\r\n\r\n",
    "a chunk that ends elsewhere": CHUNKED + b"1\r\nxyy0\r\n\r\n",
    "a chunk with a control in its extension": CHUNKED + b"1;a=\x01\r\nx\r\n0\r\n\r\n",
    "a chunk with an endless extension": CHUNKED + b"1;" + b"a" * 20_000 + b"\r\nx\r\n0\r\n\r\n",
    "a chunk whose size never ends": CHUNKED + b"1" * 20_000,
    "a trailer that frames": CHUNKED + b"0\r\nContent-Length: 3\r\n\r\n",
    "a target of 9,000 bytes": b"POST /next?" + b"q" * 9_000 + b" HTTP/1.1\r\n" + HOST + END,
    "a header of 9,000 bytes": STEP + b"X: " + b"x" * 9_000 + END + END,
    "200 headers": STEP + b"X: x\r\n" * 200 + END,
    "a NUL in the path": b"POST /next\0 HTTP/1.1\r\n" + HOST + END,
    "a path past ASCII": "POST /näxt HTTP/1.1\r\n".encode() + HOST + END,
    "a space in the path": b"POST /next x HTTP/1.1\r\n" + HOST + END,
    "a path without its slash": b"POST next HTTP/1.1\r\n" + HOST + END,
    "an invalid address": b"POST http://[::1/next HTTP/1.1\r\n" + HOST + END,
    "a method in lower case": b"post /next HTTP/1.1\r\n" + HOST + END,
    "a method of 30 letters": b"P" * 30 + b" /next HTTP/1.1\r\n" + HOST + END,
    "a control in a header": STEP + b"X: \x01\r\n\r\n",
    "a NUL in a header's name": STEP + b"X\0: x\r\n\r\n",
    "a space before the colon": STEP + b"X : x\r\n\r\n",
    "a header over two lines": STEP + b"X: x\r\n y\r\n\r\n",
    "lines that end in LF": b"POST /next HTTP/1.1\nHost: localhost\n\n",
    "two hosts": STEP + HOST + END,
    "an invalid expectation": STEP + b"Expect: tea\r\n\r\n",
    "HTTP/2 without an upgrade": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "all bytes": bytes(range(256)),
}
ENDLESS = {
    "headers": STEP + (b"X: " + b"x" * 3_000 + END) * 1_000,
    "trailers": CHUNKED + b"0\r\n" + (b"X: " + b"x" * 3_000 + END) * 1_000,
    "a target": b"POST /" + b"x" * 3_000_000,
    "a header": STEP + b"X: " + b"x" * 3_000_000,
    "a chunk's extension": CHUNKED + b"1;" + b"x" * 3_000_000,
}
CUT = {
    "nothing": b"",
    "half a request line": b"POST /ne",
    "half a head": STEP,
    "half a body": STEP + b"Content-Length: 10\r\n\r\n12345",
    "half a chunk": CHUNKED + b"5\r\n12",
    "a chunk that is longer than memory": CHUNKED + b"f" * 100 + b"\r\nx\r\n0\r\n\r\n",
    "a TLS handshake": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}
ANSWERED = {
    "a host that is not a name": (200, READ + b"Host: a..b\r\n\r\n"),
    "a host that is half an address": (200, READ + b"Host: [::1\r\n\r\n"),
    "a host with two ports": (200, READ + b"Host: a:1:2\r\n\r\n"),
    "a host past ASCII": (200, READ + b"Host: \xff\r\n\r\n"),
    "a host of 300 letters": (200, READ + b"Host: " + b"a" * 300 + b"\r\n\r\n"),
    "no host": (200, READ + END),
    "a forwarded port that is not a number": (200, READ + HOST + b"X-Forwarded-Port: x\r\n\r\n"),
    "a scheme that contradicts itself": (
        200,
        READ + HOST + b"X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off\r\n\r\n",
    ),
    "a script that is elsewhere": (200, READ + HOST + b"SCRIPT_NAME: /x\r\n\r\n"),
    "a script that cuts the path": (
        404,
        b"POST /x/next HTTP/1.1\r\n" + HOST + b"SCRIPT_NAME: /x\r\n\r\n",
    ),
    "an upgrade to WebSocket": (
        200,
        READ + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ),
    "an upgrade to HTTP/2": (
        200,
        READ
        + HOST
        + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        + b"HTTP2-Settings: AAMAAABk\r\n\r\n",
    ),
    "an invalid content type": (
        200,
        READ + HOST + b"Content-Type: \xff/\r\nContent-Length: 3\r\n\r\nabc",
    ),
    "an invalid cookie": (200, READ + HOST + b'Cookie: \xff=;;"\r\n\r\n'),
    "the whole server": (404, b"OPTIONS * HTTP/1.1\r\n" + HOST + END),
    "a tunnel": (404, b"CONNECT localhost:443 HTTP/1.1\r\n" + HOST + END),
    "a tunnel to a path": (404, b"CONNECT x:next HTTP/1.1\r\n" + HOST + END),
    "a host without a path": (404, b"POST http://localhost HTTP/1.1\r\n" + HOST + END),
    "bytes that are not UTF-8": (404, b"POST /%ff%fe HTTP/1.1\r\n" + HOST + END),
    "a percent sign that escapes nothing": (404, b"POST /next%zz HTTP/1.1\r\n" + HOST + END),
    "a path with dot segments": (404, b"POST /x/../next HTTP/1.1\r\n" + HOST + END),
    "a method with a quote": (405, b"GET' /next HTTP/1.1\r\n" + HOST + END),
}

On = tuple[Backend, Running, Table]


# The fast path and Flask write the access log apart, so requests are also sent without it.
WAYS = [*START, "server without its access log"]


@pytest.fixture(scope="module", params=WAYS)
def own_backend(
    request: pytest.FixtureRequest,
    new_table: Callable[..., Settings],
    start_backend: Callable[..., Iterator[tuple[Backend, Running]]],
) -> Iterator[On]:
    """A backend on a table of its own."""
    table = Table(new_table())
    name, _, without = request.param.partition(" ")
    log = {"FIB_ACCESS_LOG": "0" if without else "1"}
    for backend, process in start_backend(name, table.settings, **log):
        yield backend, process, table
        assert "Traceback" not in process.output()


def statuses(received: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"^HTTP/1\.[01] (\d{3})", received, re.MULTILINE)]


@pytest.mark.parametrize("request_bytes", REFUSED.values(), ids=REFUSED.keys())
def test_refused_requests_move_nothing(own_backend: On, request_bytes: bytes) -> None:
    backend, _, table = own_backend
    table.put(7)
    (status,) = statuses(backend.send_raw(request_bytes))
    assert status in BY_PARSER
    assert backend.request("GET", "/current").index() == 7


@pytest.mark.parametrize("request_bytes", ENDLESS.values(), ids=ENDLESS.keys())
def test_endless_requests_are_cut_off(own_backend: On, request_bytes: bytes) -> None:
    backend, _, table = own_backend
    table.put(7)
    with suppress(OSError):  # it was still sending
        assert set(statuses(backend.send_raw(request_bytes))) <= BY_PARSER
    assert backend.request("GET", "/current").index() == 7


@pytest.mark.parametrize("request_bytes", CUT.values(), ids=CUT.keys())
def test_truncated_requests_move_nothing(own_backend: On, request_bytes: bytes) -> None:
    backend, _, table = own_backend
    table.put(7)
    assert backend.send_raw(request_bytes) == b""
    assert backend.request("GET", "/current").index() == 7


@pytest.mark.parametrize(("status", "request_bytes"), ANSWERED.values(), ids=ANSWERED.keys())
def test_odd_requests_get_contract_answers(
    own_backend: On, status: int, request_bytes: bytes
) -> None:
    backend, _, table = own_backend
    table.put(7)
    head, _, body = backend.send_raw(request_bytes).partition(b"\r\n\r\n")
    assert statuses(head) == [status]
    by_status = {
        200: contract.HEALTH_BODY,
        404: problems.problem_body(problems.NOT_FOUND),
        405: problems.problem_body(problems.METHOD_NOT_ALLOWED),
    }
    assert body == by_status[status]
    assert backend.request("GET", "/current").index() == 7


LONG = [pytest.mark.long, pytest.mark.timeout(600)]
_PIECES = st.sampled_from(
    [
        STEP,
        READ,
        HOST,
        CHUNKED,
        END,
        END + END,
        b"0\r\n\r\n",
        b"5\r\nabcde\r\n",
        b"Content-Length: ",
        b"3\r\n\r\nabc",
        b"POST ",
        b"/next",
        b"/health",
        b" HTTP/1.1\r\n",
        b"Transfer-Encoding: ",
        b"chunked\r\n",
        b"Expect: 100-continue\r\n",
        b"Connection: close\r\n",
        b"?",
        b"%00",
        b"\n",
    ]
) | st.binary(max_size=12)


@pytest.mark.parametrize(
    ("own_backend", "cases"),
    [
        *[(name, 50) for name in WAYS],
        *[pytest.param(name, 5_000, marks=LONG) for name in WAYS],
    ],
    indirect=["own_backend"],
)
def test_random_bytes_never_get_500(own_backend: On, cases: int) -> None:
    backend, _, _ = own_backend

    @settings(
        max_examples=cases, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(pieces=st.lists(_PIECES, max_size=12))
    def ask(pieces: list[bytes]) -> None:
        try:
            received = backend.send_raw(b"".join(pieces))
        except OSError:
            return  # refused before it was all read
        assert 500 not in statuses(received)

    ask()
