"""Which failures of a call mean that the write was not applied.

`ConditionFailed` and `Refused` mean that DynamoDB did not carry out this delivery of the request. A
proxy may have delivered the request twice, and the other delivery may have been applied. Any other
kind of `Unavailable` means that the request was never sent. After every other failure, the outcome
is unknown.
"""

import socket
import ssl
from collections.abc import Iterator
from typing import Any, Final

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError
from urllib3.exceptions import ConnectTimeoutError as UrllibConnectTimeoutError
from urllib3.exceptions import NewConnectionError

from fibcore.dynamodb.item import Item, as_item
from fibcore.errors import OutcomeUnknown, Unavailable

_THROTTLED: Final = (
    "ProvisionedThroughputExceededException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
)
"""Error codes after which the same request may succeed later: throttling, and conflicts."""

_REJECTED: Final = (
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
        item: The item as the write found it; empty if there is no such item.
    """

    def __init__(self, item: Item) -> None:
        super().__init__("the write's condition did not hold")
        self.item = item


class Refused(Unavailable):
    """DynamoDB rejected this delivery of the request with one of the known error codes."""


def classify(error: Exception, *, sent: bool) -> Exception:
    """Return the exception that says how the call ended; if in doubt, `OutcomeUnknown`."""
    if not sent:
        return Unavailable(f"the request to DynamoDB could not be made: {error}")
    if isinstance(error, ClientError):
        return _classify_answer(error)
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


def _classify_answer(error: ClientError) -> Exception:
    response: Any = error.response
    code = response.get("Error", {}).get("Code", "")
    if code == "ConditionalCheckFailedException":
        try:
            return ConditionFailed(as_item(response.get("Item", {})))
        except TypeError:
            return OutcomeUnknown("the item in DynamoDB's answer cannot be read")
    if code in _THROTTLED + _REJECTED:
        return Refused(f"DynamoDB refused the request: {error}", transient=code in _THROTTLED)
    return OutcomeUnknown(f"DynamoDB's answer does not say what became of the request: {error}")
