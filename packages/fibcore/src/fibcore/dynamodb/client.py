"""One request to DynamoDB per call, never retried, with a time limit and a classified outcome.

botocore's own retries are off because they repeat a write whose answer was lost, and such a write
may then count twice. (`total_max_attempts` counts the first attempt, `max_attempts` does not:
https://github.com/boto/botocore/pull/1972)

The caller decides what to send again, by the outcome: see `error_classification.py`.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import boto3
from botocore.config import Config

from fibcore.dynamodb.error_classification import classify
from fibcore.dynamodb.time_limit import RunWithin
from fibcore.errors import OutcomeUnknown
from fibcore.settings import Settings
from fibcore.timeouts import LONGEST_CALL

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")


def create_client(settings: Settings, *, connections: int = 4) -> "DynamoDBClient":
    """Return a boto3 client for the settings' region and endpoint that never retries by itself.

    Its read timeout is three fifths of the deadline, up to `LONGEST_CALL`. With a deadline of up to
    6 seconds, a call gets at least half of it, and two fifths are left for a second call.

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
            read_timeout=min(LONGEST_CALL, settings.deadline_seconds * 0.6),
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=connections,
            tcp_keepalive=True,
            # Validating parameters and composing a user agent each take a tenth of a call's CPU.
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
            Refused: DynamoDB rejected the request with a known error code.
            Unavailable: The request was never sent.
            OutcomeUnknown: No answer came, or it does not say what became of the request.
        """

        def call() -> T:
            self._call.sent = False
            try:
                return read(getattr(self._client, operation)(**parameters))
            except Exception as error:
                raise classify(error, sent=self._call.sent) from error

        try:
            return cast("T", self._run_within(call, self._seconds))
        except TimeoutError as error:
            raise OutcomeUnknown(f"no answer from DynamoDB in {self._seconds} seconds") from error

    def _note_sent(self, **_: Any) -> None:
        self._call.sent = True
