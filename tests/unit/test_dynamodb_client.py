"""One request over a real socket: its time limit, and answers that cannot be read."""

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
from fibcore import Settings
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.item import Movement
from fibcore.dynamodb.repository import CounterRepository
from fibcore.errors import OutcomeUnknown, Unavailable
from local_stack.environment import local_environment

from tests.processes import eventually, free_port

FORWARD = Movement(net=1, restart=False, lowest=0, highest=9)

Answer = Iterator[bytes]
Serve = Callable[..., CounterRepository]


@pytest.fixture
def answering() -> Iterator[Serve]:
    """Give a repository whose every request is answered by the pieces that a function yields.

    A function may also set the deadline, of which a call may take three fifths.
    """
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        answers: list[Callable[[], Answer]] = []

        def answer(client: socket.socket) -> None:
            with client, suppress(OSError):
                client.recv(65_536)
                for piece in answers[0]():
                    client.sendall(piece)
                client.shutdown(socket.SHUT_WR)
                while client.recv(65_536):
                    pass

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=answer, args=[client], daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()

        def repository(pieces: Callable[[], Answer], deadline: str = "0.5") -> CounterRepository:
            answers[:] = [pieces]
            environ = local_environment(
                dynamodb_port=listener.getsockname()[1],
                variables={"FIB_DEADLINE_SECONDS": deadline},
            )
            settings = Settings.from_environ(environ)
            return CounterRepository(create_client(settings), settings.table_name)

        yield repository


def whole(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


MOVED = whole(200, b'{"Attributes":{"value":{"N":"7"}}}')
REFUSED = whole(400, b'{"__type":"com.amazonaws#ConditionalCheckFailedException"}')
FOUND = whole(200, b'{"Item":{"value":{"N":"7"},"counter":{"S":"current"}}}')


@pytest.mark.parametrize("whole_answer", [MOVED, REFUSED])
def test_write_cut_at_any_byte_is_unknown(answering: Serve, whole_answer: bytes) -> None:
    for length in range(0, len(whole_answer), 3):
        table = answering(lambda length=length: iter([whole_answer[:length]]))
        with pytest.raises(OutcomeUnknown):
            table.move(FORWARD)


@pytest.mark.parametrize("call", [CounterRepository.read, CounterRepository.read_index])
def test_read_cut_at_any_byte_is_repeated(
    answering: Serve, call: Callable[[CounterRepository], Any]
) -> None:
    for length in range(0, len(FOUND), 3):
        table = answering(lambda length=length: iter([FOUND[:length]]))
        with pytest.raises(Unavailable) as raised:
            call(table)
        assert raised.value.transient


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b"{}",
        b'"text"',
        b'{"Attributes":null}',
        b'{"Attributes":[]}',
        b'{"Attributes":{"value":[]}}',
        b'{"Attributes":{"value":{"N":"x"}}}',
        b'{"Attributes":{"value":{"S":"7"}}}',
        b"<html>200</html>",
        b"",
    ],
)
def test_unreadable_answer_to_a_write_is_unknown(answering: Serve, body: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        answering(lambda: iter([whole(200, body)])).move(FORWARD)


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b'{"Item":[]}', b'{"Item":{"value":[]}}', b"<html>", b""]
)
def test_unreadable_answer_to_a_read_is_repeated(answering: Serve, body: bytes) -> None:
    with pytest.raises(Unavailable) as raised:
        answering(lambda: iter([whole(200, body)])).read_index()
    assert raised.value.transient


@pytest.mark.parametrize("status", [302, 400, 403, 404, 407, 413, 429, 502])
def test_html_from_a_proxy_is_unknown(answering: Serve, status: int) -> None:
    with pytest.raises(OutcomeUnknown):
        answering(lambda: iter([whole(status, b"<html>no</html>")])).move(FORWARD)


def test_dripping_answer_ends_at_the_limit(answering: Serve) -> None:
    def drip() -> Answer:
        yield MOVED[:20]
        for byte in itertools.cycle(b" "):
            time.sleep(0.1)
            yield bytes([byte])

    begin = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        answering(drip).move(FORWARD)
    assert 0.3 <= time.monotonic() - begin < 3  # The limit is 0.3 seconds.


def test_slow_answer_within_the_limit_is_taken(answering: Serve) -> None:
    def slowly() -> Answer:
        time.sleep(0.6)  # longer than it may take to connect, which is 0.5 seconds
        yield MOVED

    assert answering(slowly, deadline="2").move(FORWARD) == 7


@pytest.mark.parametrize("deadline", ["0.5", "1", "5"])
def test_call_may_take_half_the_deadline(deadline: str) -> None:
    variables = {"FIB_DEADLINE_SECONDS": deadline}
    settings = Settings.from_environ(local_environment(dynamodb_port=1, variables=variables))
    limit = create_client(settings).meta.config.read_timeout  # type: ignore[attr-defined]
    assert limit >= 0.6 * float(deadline)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_reset_behind_a_proxy_is_unknown(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forward proxy takes the request, or the tunnel, and resets the connection."""
    asked = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as proxy:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = proxy.accept()
                    if client.recv(65_536).startswith(b"CONNECT"):
                        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                        client.recv(65_536)
                    asked.set()
                    client.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
                    )
                    client.close()

        threading.Thread(target=serve, daemon=True).start()
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        monkeypatch.setenv("HTTP_PROXY", address)
        monkeypatch.setenv("HTTPS_PROXY", address)
        monkeypatch.setenv("NO_PROXY", "")
        table = repository_at(f"{scheme}://dynamodb.example:8000")
        with pytest.raises(OutcomeUnknown):
            table.move(FORWARD)
        assert asked.is_set()


def test_proxy_that_is_down_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(Unavailable) as raised:
        repository_at("http://dynamodb.example:8000").move(FORWARD)
    assert raised.value.transient


def repository_at(address: str) -> CounterRepository:
    settings = Settings.from_environ(
        {
            "COUNTER_TABLE_NAME": "t",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_DYNAMODB": address,
        }
    )
    return CounterRepository(create_client(settings), settings.table_name)


def test_call_that_never_ends_releases_its_caller(answering: Serve) -> None:
    def never() -> Answer:
        yield b""
        time.sleep(1)

    before = threading.active_count()
    with pytest.raises(OutcomeUnknown):
        answering(never).move(FORWARD)
    eventually(lambda: threading.active_count() <= before)
