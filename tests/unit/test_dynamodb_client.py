"""How a single send ended: the one thing that everything else hangs on."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    NoCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from fibcore import Settings
from fibcore.dynamodb.client import ConditionFailed, create_client, send
from fibcore.dynamodb.repository import CounterRepository, Movement
from fibcore.errors import CounterError, OutcomeUnknown, Unavailable
from local_stack.environment import local_environment

BAD_RECORD = ssl.SSLError(1, "[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC] bad record")
UNTRUSTED = ssl.SSLCertVerificationError(1, "certificate verify failed")


def refusal(code: str, status: int) -> ClientError:
    return ClientError(
        {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "UpdateItem",
    )


def outcome_of(error: Exception) -> CounterError:
    def fail() -> None:
        raise error

    with pytest.raises(CounterError) as raised:
        send(fail)
    return raised.value


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url=""),
        # The answer to a write that went out: what of it arrived can't be read.
        SSLError(endpoint_url="", error=Exception(BAD_RECORD)),
        UnicodeDecodeError("utf-8", b"\xe2", 0, 1, "unexpected end of data"),
        refusal("InternalServerError", 500),
        refusal("ServiceUnavailable", 503),
        refusal("", 0),
    ],
)
def test_what_may_have_been_applied_is_of_unknown_outcome(error: Exception) -> None:
    assert isinstance(outcome_of(error), OutcomeUnknown)


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url=""),
        ProxyConnectionError(proxy_url=""),
        refusal("ThrottlingException", 400),
        refusal("ProvisionedThroughputExceededException", 400),
        refusal("TransactionConflictException", 400),
        refusal("400", 400),  # a refusal whose body was cut short
    ],
)
def test_what_surely_was_not_applied_and_may_pass_is_tried_again(error: Exception) -> None:
    outcome = outcome_of(error)
    assert isinstance(outcome, Unavailable)
    assert outcome.transient


@pytest.mark.parametrize(
    "error",
    [
        NoCredentialsError(),
        SSLError(endpoint_url="", error=Exception(UNTRUSTED)),
        refusal("AccessDeniedException", 400),
        refusal("ResourceNotFoundException", 400),
        refusal("ValidationException", 400),
    ],
)
def test_what_will_not_pass_is_not_tried_again(error: Exception) -> None:
    outcome = outcome_of(error)
    assert isinstance(outcome, Unavailable)
    assert not outcome.transient


@pytest.fixture
def cut_short() -> Iterator[Callable[[int, bytes], CounterRepository]]:
    """Give a table whose every answer ends after half of its body, as if it were whole."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        answers: list[bytes] = []

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    client.recv(65_536)
                    client.sendall(answers[0])
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(65_536):
                        pass

        threading.Thread(target=serve, daemon=True).start()

        def table(status: int, body: bytes) -> CounterRepository:
            head = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
            answers.append(head + body[: len(body) // 2])
            environ = local_environment(dynamodb_port=listener.getsockname()[1])
            settings = Settings.from_environ(environ)
            return CounterRepository(create_client(settings), settings.table_name)

        yield table


@pytest.mark.parametrize("call", [CounterRepository.read, CounterRepository.read_index])
def test_a_read_cut_short_is_no_missing_counter(
    cut_short: Callable[[int, bytes], CounterRepository], call: Callable[[CounterRepository], Any]
) -> None:
    table = cut_short(200, b'{"Item":{"value":{"N":"7"},"counter":{"S":"current"}}}')
    with pytest.raises(Unavailable) as raised:
        call(table)
    assert raised.value.transient


def test_a_refusal_cut_short_is_tried_again(
    cut_short: Callable[[int, bytes], CounterRepository],
) -> None:
    table = cut_short(400, b'{"__type":"com.amazonaws#ConditionalCheckFailedException"}')
    with pytest.raises(Unavailable) as raised:
        table.seed()
    assert raised.value.transient


def test_a_write_whose_answer_is_cut_short_is_of_unknown_outcome(
    cut_short: Callable[[int, bytes], CounterRepository],
) -> None:
    table = cut_short(200, b'{"Attributes":{"value":{"N":"7"}}}')
    with pytest.raises(OutcomeUnknown):
        table.move(Movement(net=1, restart=False, lowest=0, highest=9))


def test_a_condition_that_fails_carries_the_item() -> None:
    def fail() -> None:
        raise ClientError(
            {"Error": {"Code": "ConditionalCheckFailedException"}, "Item": {"value": {"N": "3"}}},  # type: ignore[typeddict-unknown-key]
            "UpdateItem",
        )

    with pytest.raises(ConditionFailed) as raised:
        send(fail)
    assert raised.value.item == {"value": {"N": "3"}}
