"""Nothing that a client sends can begin or end a log line."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from fibcore import Settings

from tests.api.conftest import START
from tests.api.http_client import Backend
from tests.processes import Running, eventually

HOST = b"Host: x\r\n"
FORGED = "forged by a client"
# Line ends of several alphabets, terminal escapes, and marks that reverse the reading direction.
CONTROLS = [
    "\n",
    "\r\n",
    "\r",
    "\0",
    "\x1b[2J",
    "\x08",
    "\x7f",
    "\x85",
    "\x9b2J",
    "\u2028",
    "\u202e",
]

GUNICORNS = re.compile(r"\[[-0-9: +]+\] \[\d+\] \[(INFO|WARNING)\] ")
OURS = re.compile(r"(INFO|WARNING) ")
ACCESS = {"time", "method", "path", "status", "bytes", "milliseconds", "client"}


def escaped(text: str) -> bytes:
    return b"".join(b"%%%02x" % byte for byte in text.encode())


def hostile_requests() -> Iterator[bytes]:
    for control in CONTROLS:
        line = f"/x{control}{FORGED}"
        yield b"GET /" + escaped(line) + b" HTTP/1.1\r\n" + HOST + b"\r\n"
        yield b"GET /health?" + escaped(line) + b" HTTP/1.1\r\n" + HOST + b"\r\n"
        raw = line.encode()
        yield b"GET /" + raw + b" HTTP/1.1\r\n" + HOST + b"\r\n"
        yield b"GET" + raw + b" / HTTP/1.1\r\n" + HOST + b"\r\n"
        yield b"GET / HTTP/1.1" + raw + b"\r\n" + HOST + b"\r\n"
        for name in (b"X-Forwarded-For", b"User-Agent", b"Host", b"Content-Length", b"Expect"):
            yield b"GET / HTTP/1.1\r\n" + name + b": " + raw + b"\r\n\r\n"
        yield b"GET / HTTP/1.1\r\n" + HOST + raw + b": x\r\n\r\n"
        chunk = b"POST /next HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + raw
        yield chunk + b"\r\n0\r\n\r\n"


def is_ours(line: str) -> bool:
    if line.startswith("{"):
        return set(json.loads(line)) == ACCESS
    return bool(GUNICORNS.match(line) or OURS.match(line))


def has_answered(process: Running, mark: str) -> bool:
    return mark in process.output()


@pytest.mark.parametrize("name", list(START))
def test_clients_cannot_forge_log_lines(
    name: str,
    new_table: Callable[..., Settings],
    start_backend: Callable[..., Iterator[tuple[Backend, Running]]],
) -> None:
    for backend, process in start_backend(name, new_table(), FIB_ACCESS_LOG="1"):
        for request in hostile_requests():
            try:
                backend.send_raw(request)
            except ConnectionError:
                continue
        backend.send_raw(b"GET / THE-LAST\r\n" + HOST + b"\r\n")
        eventually(partial(has_answered, process, "THE-LAST"))
        lines = process.output().split("\n")
        assert lines.pop() == ""
        assert [line for line in lines if not is_ours(line)] == []
        hidden = {"Cc", "Cf", "Zl", "Zp"}
        assert [
            line for line in lines if any(unicodedata.category(char) in hidden for char in line)
        ] == []
        assert any(FORGED in line for line in lines)
