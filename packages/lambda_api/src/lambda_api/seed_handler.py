"""Lambda function that seeds the counter: `lambda_api.seed_handler.handler(event, context)`.

CloudFormation calls it as a custom resource when the table is deployed, and waits for the answer at
a URL of the event:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

import json
import os
import time
import urllib.request
from collections.abc import Callable
from typing import Any, Final, Protocol

from fibcore import Settings
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.repository import CounterRepository
from fibcore.errors import CounterError

_ANSWER_SECONDS: Final = 5
_RESERVED_SECONDS: Final = _ANSWER_SECONDS + 4
"""What one last call of DynamoDB and the answer to CloudFormation take at most."""

_RETRY_SECONDS: Final = 1.0


class Context(Protocol):
    """What AWS Lambda says about the invocation, as far as it is used here."""

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the function may still run."""


def handler(event: dict[str, Any], context: Context) -> None:
    """Create the counter at 0 if it does not exist, and answer CloudFormation in every case."""
    failure = ""
    try:
        if event["RequestType"] != "Delete":
            seed(lambda: context.get_remaining_time_in_millis() / 1000)
    except Exception as error:  # noqa: BLE001 - without an answer CloudFormation waits
        failure = f"the counter could not be seeded: {error}"
    _answer(event, failure)


def seed(remaining_seconds: Callable[[], float]) -> None:
    """Seed the table that the environment names; retry while there is time.

    A new table or a new role may take some seconds until DynamoDB accepts a request. A repeated
    seed does no harm, because it leaves a counter that exists as it is.

    Args:
        remaining_seconds: Returns how long this process may still run.

    Raises:
        CounterError: DynamoDB refused the last try.
        InvalidSettings: The environment is not valid.
    """
    settings = Settings.from_environ(os.environ)
    repository = CounterRepository(create_client(settings), settings.table_name)
    while True:
        try:
            repository.seed()
        except CounterError:
            if remaining_seconds() < _RESERVED_SECONDS + _RETRY_SECONDS:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return


def _answer(event: dict[str, Any], failure: str) -> None:
    answer = {
        "Status": "FAILED" if failure else "SUCCESS",
        "Reason": failure,
        # CloudFormation takes another id for another resource, so this one is always the same.
        "PhysicalResourceId": os.environ.get("COUNTER_TABLE_NAME", "counter"),
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    # The URL is signed for a request without a content type.
    request = urllib.request.Request(  # noqa: S310 - CloudFormation's own address
        event["ResponseURL"],
        data=json.dumps(answer).encode(),
        headers={"Content-Type": ""},
        method="PUT",
    )
    urllib.request.urlopen(request, timeout=_ANSWER_SECONDS).close()  # noqa: S310 - as above
