"""Create and seed the local table if it does not exist."""

import os
import sys
import time

from botocore.exceptions import BotoCoreError, EndpointConnectionError, HTTPClientError
from fibcore import Settings
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.item import KEY_NAME
from fibcore.dynamodb.repository import CounterRepository

_LONGEST_WAIT_SECONDS = 60


def create_and_seed(settings: Settings) -> None:
    """Create the table and seed its counter; a table or a counter that is there stays as it is.

    Raises:
        botocore.exceptions.BotoCoreError: DynamoDB Local did not answer within a minute.
    """
    client = create_client(settings)
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while True:
        try:
            tables = client.list_tables()["TableNames"]
            break
        except (EndpointConnectionError, HTTPClientError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    if settings.table_name not in tables:
        client.create_table(
            TableName=settings.table_name,
            AttributeDefinitions=[{"AttributeName": KEY_NAME, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": KEY_NAME, "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    CounterRepository(client, settings.table_name).seed()


if __name__ == "__main__":
    try:
        create_and_seed(Settings.from_environ(os.environ))
    except BotoCoreError as error:
        sys.exit(f"fib: the local table can't be made: {error}")
