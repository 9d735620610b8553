"""The environment of a local process: it can't reach a real AWS account."""

import os
from collections.abc import Mapping

from fibcore import settings

TABLE_NAME = "fib-local"
REGION = "us-east-1"

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What makes boto3 ask no real account."""


def url(port: int) -> str:
    """Return the address of a local process."""
    return f"http://localhost:{port}"


def local_environment(
    *, dynamodb_port: int, variables: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return this process's environment without its AWS settings, pointed at DynamoDB Local.

    Args:
        dynamodb_port: Where DynamoDB Local, or a proxy to it, listens.
        variables: Further variables to set.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") or name == "AWS_CA_BUNDLE"
    }
    return inherited | {
        settings.COUNTER_TABLE_NAME.name: TABLE_NAME,
        settings.AWS_REGION.name: REGION,
        settings.AWS_ENDPOINT_URL_DYNAMODB.name: url(dynamodb_port),
        **CREDENTIALS,
        **(variables or {}),
    }
