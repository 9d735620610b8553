"""Every failure of a call gets one outcome: refused, unavailable, or unknown."""

import socket
import ssl
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import botocore.exceptions
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from fibcore.dynamodb.client import OneShotClient
from fibcore.dynamodb.error_classification import ConditionFailed, Refused
from fibcore.errors import OutcomeUnknown, Unavailable
from urllib3.exceptions import NewConnectionError, ProxyError
from urllib3.exceptions import SSLError as UrllibSSLError

BAD_RECORD = ssl.SSLError(1, "[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC] bad record")
UNTRUSTED = ssl.SSLCertVerificationError(1, "certificate verify failed")
NO_CONNECTION = NewConnectionError(None, "refused")  # type: ignore[arg-type]


def answer_of(code: str, status: int, **more: Any) -> ClientError:
    answer: Any = {
        "Error": {"Code": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return ClientError(answer, "UpdateItem")


def proxy_error(original: Exception) -> ProxyConnectionError:
    return ProxyConnectionError(proxy_url="", error=ProxyError("proxy", original))


class FailingClient:
    """A boto3 client whose calls fail, before or after the request was sent."""

    def __init__(self, error: Exception, *, sent: bool) -> None:
        self._error, self._sent = error, sent
        self.meta = SimpleNamespace(config=SimpleNamespace(read_timeout=5), events=self)

    def register(self, _: str, note_sent: Callable[[], None]) -> None:
        self._note_sent = note_sent

    def update_item(self, **_: Any) -> None:
        if self._sent:
            self._note_sent()
        raise self._error


def outcome_of(error: Exception, *, sent: bool = True) -> Exception:
    client = OneShotClient(
        FailingClient(error, sent=sent),  # type: ignore[arg-type]
        run_within=lambda call, _: call(),
    )
    with pytest.raises(Exception) as raised:  # noqa: PT011 - the caller looks at its class
        client.send("update_item", lambda answer: answer)
    return raised.value


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url=""),
        HTTPClientError(error=OSError("reset")),
        ConnectionClosedError(endpoint_url="", error=OSError("reset")),
        # An answer arrived and cannot be decrypted.
        SSLError(endpoint_url="", error=UrllibSSLError(BAD_RECORD)),
        # urllib3 reports a reset behind a proxy as a proxy error, even after the request was sent.
        ProxyConnectionError(proxy_url=""),
        proxy_error(ConnectionResetError("reset")),
        UnicodeDecodeError("utf-8", b"\xe2", 0, 1, "unexpected end of data"),
        answer_of("InternalServerError", 500),
        answer_of("ServiceUnavailable", 503),
        answer_of("", 0),
        answer_of("400", 400),  # The body has no `__type`: HTML, or cut short.
        answer_of("403", 403),
        answer_of("SomethingNew", 400),
        answer_of("ConditionalCheckFailedException", 400, Item=[]),
        KeyError("Attributes"),
        ValueError("not JSON"),
    ],
)
def test_write_that_may_be_applied_is_unknown(error: Exception) -> None:
    assert isinstance(outcome_of(error), OutcomeUnknown)


@pytest.mark.parametrize(
    "error_class",
    [
        found
        for found in vars(botocore.exceptions).values()
        if isinstance(found, type) and issubclass(found, BotoCoreError)
        if not issubclass(found, ConnectTimeoutError | EndpointConnectionError)
    ],
)
def test_any_other_error_of_botocore_is_unknown(error_class: type[BotoCoreError]) -> None:
    error = error_class.__new__(error_class)
    error.kwargs = {}
    assert isinstance(outcome_of(error), OutcomeUnknown)


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url=""),
        EndpointConnectionError(endpoint_url="", error=NO_CONNECTION),
        proxy_error(NO_CONNECTION),
        proxy_error(socket.gaierror()),
    ],
)
def test_request_without_connection_is_unavailable(error: Exception) -> None:
    outcome = outcome_of(error)
    assert isinstance(outcome, Unavailable)
    assert not isinstance(outcome, Refused)
    assert outcome.transient


@pytest.mark.parametrize(
    "error", [NoCredentialsError(), KeyError(), answer_of("AccessDenied", 403)]
)
def test_request_never_sent_is_unavailable(error: Exception) -> None:
    outcome = outcome_of(error, sent=False)
    assert isinstance(outcome, Unavailable)
    assert not isinstance(outcome, Refused)


@pytest.mark.parametrize(
    "error",
    [
        SSLError(endpoint_url="", error=UrllibSSLError(UNTRUSTED)),
        proxy_error(UrllibSSLError(UNTRUSTED)),
    ],
)
def test_untrusted_certificate_is_unavailable(error: Exception) -> None:
    outcome = outcome_of(error)
    assert isinstance(outcome, Unavailable)
    assert not outcome.transient


@pytest.mark.parametrize(
    ("code", "transient"),
    [
        ("ThrottlingException", True),
        ("ProvisionedThroughputExceededException", True),
        ("TransactionConflictException", True),
        ("AccessDeniedException", False),
        ("ExpiredTokenException", False),
        ("ResourceNotFoundException", False),
        ("ValidationException", False),
    ],
)
def test_refusal_by_name_is_refused(code: str, *, transient: bool) -> None:
    outcome = outcome_of(answer_of(code, 400))
    assert isinstance(outcome, Refused)
    assert outcome.transient is transient


def test_failed_condition_carries_the_item() -> None:
    item = {"value": {"N": "3"}}
    outcome = outcome_of(answer_of("ConditionalCheckFailedException", 400, Item=item))
    assert isinstance(outcome, ConditionFailed)
    assert outcome.item == item
