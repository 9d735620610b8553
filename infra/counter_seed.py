"""The Lambda function that seeds the counter when the table is deployed.

CloudFormation asks it as a custom resource and waits for the answer at a URL of its own:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

import json
import os
import urllib.request
from typing import Any

from fibcore import Settings
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.repository import CounterRepository


def handler(event: dict[str, Any], _: object) -> None:
    """Put the counter at 0 where there is none; one that is there stays as it is."""
    failure = ""
    try:
        if event["RequestType"] != "Delete":
            seed()
    except Exception as error:  # noqa: BLE001 - unanswered, CloudFormation would wait for an hour
        failure = f"the counter can't be seeded: {error}"
    _answer(event, failure)


def seed() -> None:
    """Seed the table that the environment names."""
    settings = Settings.from_environ(os.environ)
    CounterRepository(create_client(settings), settings.table_name).seed()


def _answer(event: dict[str, Any], failure: str) -> None:
    answer = {
        "Status": "FAILED" if failure else "SUCCESS",
        "Reason": failure,
        "PhysicalResourceId": os.environ["COUNTER_TABLE_NAME"],
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    # The URL is signed for a request without a content type.
    request = urllib.request.Request(  # noqa: S310 - CloudFormation's own address
        event["ResponseURL"],
        data=json.dumps(answer).encode(),
        headers={"Content-Type": ""},
        method="PUT",
    )
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - as above
