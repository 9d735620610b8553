"""One request to DynamoDB per call, never retried, with a time limit and a classified outcome.

botocore's own retries are off because they repeat a write whose answer was lost, and such a write
may then count twice. (`total_max_attempts` counts the first attempt, `max_attempts` does not:
https://github.com/boto/botocore/pull/1972)

The caller decides what to send again. `ConditionFailed` and `Refused` mean that DynamoDB did not
carry out the request, and `Unavailable` that the request was never sent. `OutcomeUnknown` is every
other failure. An answer is about one delivery of the request: a proxy may have delivered another.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError
from urllib3.exceptions import ConnectTimeoutError as UrllibConnectTimeoutError
from urllib3.exceptions import NewConnectionError

from fibcore.dynamodb.item import Item, as_item
from fibcore.dynamodb.time_limit import RunWithin
from fibcore.errors import OutcomeUnknown, Unavailable
from fibcore.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")

_THROTTLED: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionConflictException",
    }
)
"""Error codes after which the same request may succeed later: throttling, and conflicts."""

_REJECTED: Final = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "ItemCollectionSizeLimitExceededException",
        "MissingAuthenticationTokenException",
        "ResourceNotFoundException",
        "SerializationException",
        "UnrecognizedClientException",
        "ValidationException",
    }
)
"""Error codes that repeat until the request, the credentials or the table is changed:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html"""

_NOT_CONNECTED: Final = (
    ConnectTimeoutError,
    EndpointConnectionError,
    NewConnectionError,
    UrllibConnectTimeoutError,
    socket.gaierror,
)
"""Errors that can only occur before there is a connection to send the request on."""


class ConditionFailed(Exception):
    """The condition of this write did not hold.

    Attributes:
        item: The item as the write found it; None if there is no such item.
    """

    def __init__(self, item: Item | None) -> None:
        super().__init__("the write's condition did not hold")
        self.item = item


class Refused(Unavailable):
    """DynamoDB rejected this delivery of the request with one of the known error codes."""


def create_client(settings: Settings, *, connections: int = 4) -> "DynamoDBClient":
    """Return a boto3 client for the settings' region and endpoint that never retries by itself.

    Its read timeout is three fifths of the deadline, so a call that takes half the deadline is
    answered, and a lost answer leaves time for more calls. It is 3 seconds at most, because the
    Lambda function may begin a call just before its deadline.

    Args:
        settings: They give the region, the endpoint and the deadline of a request.
        connections: The size of the connection pool. A counter has at most one write and one read
            in flight.
    """
    return boto3.client(
        "dynamodb",
        region_name=settings.region,
        endpoint_url=settings.endpoint_url,
        config=Config(
            connect_timeout=min(1.0, settings.deadline_seconds / 4),
            read_timeout=min(3.0, settings.deadline_seconds * 0.6),
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=connections,
            tcp_keepalive=True,
            # Validating parameters and composing a user agent each cost a tenth of a call.
            parameter_validation=False,
            user_agent="fib",
        ),
    )


class OneShotClient:
    """Sends each request once, within one time limit, and classifies its outcome.

    Args:
        client: From `create_client`. Its read timeout is also the limit for a whole call.
        run_within: Keeps a call to that limit: see `time_limit.py`.
    """

    def __init__(self, client: "DynamoDBClient", run_within: RunWithin) -> None:
        self._client = client
        self._run_within = run_within
        self._seconds = float(client.meta.config.read_timeout)  # type: ignore[attr-defined]
        self._call = threading.local()
        client.meta.events.register("before-send.dynamodb", self._note_sent)

    def send(self, operation: str, read: Callable[[Any], T], **parameters: Any) -> T:
        """Send one request and return what `read` makes of its answer.

        Args:
            operation: The name of the client's method.
            read: Reads the answer. Whatever it raises means that the answer is unreadable.
            **parameters: The request.

        Raises:
            ConditionFailed: The write's condition did not hold; the error has the item.
            Refused: DynamoDB rejected the request by name.
            Unavailable: The request was never sent.
            OutcomeUnknown: No readable answer came.
        """

        def call() -> T:
            self._call.sent = False
            try:
                return read(getattr(self._client, operation)(**parameters))
            except Exception as error:
                raise _outcome(error, sent=self._call.sent) from error

        try:
            return cast("T", self._run_within(call, self._seconds))
        except TimeoutError as error:
            raise OutcomeUnknown(f"no answer from DynamoDB in {self._seconds} seconds") from error

    def _note_sent(self, **_: Any) -> None:
        self._call.sent = True


def _outcome(error: Exception, *, sent: bool) -> Exception:
    """Return the exception that classifies `error`; it is `OutcomeUnknown` without proof."""
    if not sent:
        return Unavailable(f"the request to DynamoDB could not be made: {error}")
    if isinstance(error, ClientError):
        return _answered(error)
    reasons = list(_reasons(error))
    if any(isinstance(reason, ssl.SSLCertVerificationError) for reason in reasons):
        return Unavailable(f"DynamoDB's certificate is not trusted: {error}")
    if any(isinstance(reason, _NOT_CONNECTED) for reason in reasons):
        return Unavailable(f"cannot connect to DynamoDB: {error}", transient=True)
    return OutcomeUnknown(f"DynamoDB did not answer: {error}")


def _reasons(error: object) -> Iterator[BaseException]:
    """Yield `error` and the errors that botocore and urllib3 wrapped in it."""
    if isinstance(error, BaseException):
        yield error
        wrapped = getattr(error, "kwargs", {}).get("error"), getattr(error, "original_error", None)
        for each in (*wrapped, *error.args):
            yield from _reasons(each)


def _answered(error: ClientError) -> Exception:
    response: Any = error.response
    code = response.get("Error", {}).get("Code", "")
    if code == "ConditionalCheckFailedException":
        item = response.get("Item")
        try:
            return ConditionFailed(None if item is None else as_item(item))
        except TypeError:
            return OutcomeUnknown("the item in DynamoDB's answer cannot be read")
    if code in _THROTTLED | _REJECTED:
        return Refused(f"DynamoDB refused the request: {error}", transient=code in _THROTTLED)
    return OutcomeUnknown(f"DynamoDB's answer does not say what became of the request: {error}")
