"""The server answers a plain request by its short way, and all others through Flask: the same."""

from collections.abc import Callable, Iterator

import pytest
from fibcore import Settings

from tests.api.http_client import Answer, Backend
from tests.processes import Running

LONG_WAY = {"Connection": "close"}
ITS_OWN = {"connection", "date"}


@pytest.fixture(scope="module")
def server(
    new_table: Callable[..., Settings],
    start_backend: Callable[..., Iterator[tuple[Backend, Running]]],
) -> Iterator[Backend]:
    for backend, _ in start_backend("server", new_table(), FIB_MAX_INDEX="2"):
        yield backend


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/current", {}, 200),
        ("GET", "/current", {"If-None-Match": '"7", W/"1"'}, 304),
        ("POST", "/next", {}, 200),
        ("POST", "/next", {"Content-Length": "0"}, 200),
        ("POST", "/previous", {}, 200),
        ("POST", "/reset", {}, 200),
    ],
)
def test_both_ways_answer_the_same(
    server: Backend, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    short, long = (ask(server, method, path, headers | more) for more in ({}, LONG_WAY))
    assert short.headers["connection"] == "keep-alive"
    assert long.headers["connection"] == "close"
    assert short.status == long.status == status
    assert short.body == long.body
    assert without_its_own(short) == without_its_own(long)


@pytest.mark.parametrize(("steps", "path"), [(0, "/previous"), (2, "/next")])
def test_both_ways_refuse_the_same(server: Backend, steps: int, path: str) -> None:
    server.request("POST", "/reset")
    for _ in range(steps):
        server.request("POST", "/next")
    short, long = (server.request("POST", path, headers=more) for more in ({}, LONG_WAY))
    assert short.status == long.status == 409
    assert short.body == long.body
    assert without_its_own(short) == without_its_own(long)


def ask(server: Backend, method: str, path: str, headers: dict[str, str]) -> Answer:
    """Ask at index 1."""
    server.request("POST", "/reset")
    server.request("POST", "/next")
    return server.request(method, path, headers=headers)


def without_its_own(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in ITS_OWN}
