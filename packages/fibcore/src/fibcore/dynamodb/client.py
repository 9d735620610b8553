"""Calls to DynamoDB that are sent once, each with a known end.

botocore's own retries are off, because it repeats a write whose answer was lost, which may then
count twice: https://github.com/boto/botocore/pull/1972 tells `total_max_attempts` from
`max_attempts`. Who calls decides what may be sent again, by how the call ended:

- it returned: applied
- `ConditionFailed`, `Unavailable`: surely not applied
- `OutcomeUnknown`: applied, or not, or about to be
"""

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from fibcore.dynamodb.item import Item
from fibcore.errors import OutcomeUnknown, Unavailable
from fibcore.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TRANSIENT: Final = frozenset(
    {
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "TransactionConflictException",
    }
)
"""Refusals that may well pass: throttling as botocore knows it, and another's transaction."""


class ConditionFailed(Exception):
    """The write's condition did not hold; it was not applied.

    Attributes:
        item: The item as the write found it; None where there is no such item.
    """

    def __init__(self, item: Item | None) -> None:
        super().__init__("the write's condition did not hold")
        self.item = item


def create_client(settings: Settings, *, connections: int = 4) -> "DynamoDBClient":
    """Return a client for the settings' region and endpoint that never sends twice by itself.

    Args:
        settings: Say where the table is, and how long a request may wait.
        connections: How many calls are in flight at most. One past it opens a connection for
            itself and throws it away; a counter has one write and one read in flight.
    """
    return boto3.client(
        "dynamodb",
        region_name=settings.region,
        endpoint_url=settings.endpoint_url,
        config=Config(
            # A lost answer must leave time for at least one more try within the deadline. The
            # read time-out is that of a single read: an answer that drips in may take longer.
            connect_timeout=min(1.0, settings.deadline_seconds / 4),
            read_timeout=min(2.0, settings.deadline_seconds / 2.5),
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=connections,
            tcp_keepalive=True,
            # Our parameters are built here, and checking them costs a tenth of a call.
            parameter_validation=False,
            # As does composing botocore's own, anew for every call.
            user_agent="fib",
        ),
    )


def send(operation: Callable[..., Any], **parameters: Any) -> Any:
    """Call `operation` of a client once and return its answer.

    Raises:
        ConditionFailed: With the item as it was found.
        Unavailable: It surely did nothing.
        OutcomeUnknown: No answer came that can be read.
    """
    try:
        return operation(**parameters)
    except ClientError as error:
        raise _failure(error) from error
    except (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError) as error:
        raise Unavailable(f"DynamoDB can't be reached: {error}", transient=True) from error
    except SSLError as error:
        if _is_untrusted(error):
            raise Unavailable(f"DynamoDB is not who it should be: {error}") from error
        # Of a record that can't be read as well, long after the request went out.
        raise OutcomeUnknown(f"DynamoDB did not answer: {error}") from error
    except (HTTPClientError, ResponseParserError, UnicodeDecodeError) as error:
        raise OutcomeUnknown(f"DynamoDB did not answer: {error}") from error
    except BotoCoreError as error:
        # Nothing was sent: credentials or configuration.
        raise Unavailable(f"DynamoDB can't be asked: {error}") from error


def _is_untrusted(error: SSLError) -> bool:
    """Tell whether the handshake failed, by the certificate, before anything was sent."""
    reason = error.kwargs["error"].args[0]
    return isinstance(reason, ssl.SSLCertVerificationError)


def _failure(error: ClientError) -> Exception:
    response = error.response
    code = response.get("Error", {}).get("Code", "")
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(cast("Item | None", response.get("Item")))
    if 400 <= status < 500:
        # A body that was cut short leaves the status alone to be the code.
        transient = code in _TRANSIENT or code.isdigit()
        return Unavailable(f"DynamoDB refuses: {error}", transient=transient)
    return OutcomeUnknown(f"DynamoDB failed: {error}")
