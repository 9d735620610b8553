"""Where a deployed stage is, by its stacks' outputs: `python -m infra.cli.stage_urls STAGE BACKEND`."""

import argparse
import sys
from typing import Final, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra import outputs
from infra.cli.account import account_session
from infra.cli.errors import CannotRun, NotDeployed
from infra.stage import Stage


class Urls(NamedTuple):
    """Where a stage is.

    Attributes:
        website: The site.
        server: The server, through the distribution.
        function: The Lambda function, through the distribution.
        http_api: The same function by the HTTP API's own address.
    """

    website: str
    server: str
    function: str
    http_api: str


BACKENDS: Final = {"server": "server", "lambda": "http_api"}
"""Which URL the API suite and the load go to. The function's is the one without CloudFront, so
that both together see each way in."""


def read_urls(session: boto3.Session, stage: Stage) -> Urls:
    """Return where the stage is.

    Raises:
        NotDeployed: It is not there, or not whole.
    """
    website = _outputs(session, stage.stack_name(outputs.WEBSITE))
    api = _outputs(session, stage.stack_name(outputs.API_GATEWAY))
    try:
        return Urls(
            website=website[outputs.WEBSITE_URL],
            server=website[outputs.SERVICE_URL],
            function=website[outputs.LAMBDA_URL],
            http_api=api[outputs.API_GATEWAY_URL],
        )
    except KeyError as missing:
        raise NotDeployed(f"stage {stage.name} is not whole: no output {missing}") from missing


def _outputs(session: boto3.Session, stack: str) -> dict[str, str]:
    try:
        described = session.client("cloudformation").describe_stacks(StackName=stack)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise NotDeployed(f"there is no stack {stack} in {session.region_name}") from error
    (found,) = described["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}


def main() -> None:
    """Print the URL of one backend of a stage."""
    parser = argparse.ArgumentParser(prog="infra.cli.stage_urls", description=main.__doc__)
    parser.add_argument("stage")
    parser.add_argument("backend", choices=BACKENDS)
    asked = parser.parse_args()
    try:
        stage = Stage.named(asked.stage)
        urls = read_urls(account_session(), stage)
    except (CannotRun, ValueError, BotoCoreError, ClientError) as fault:
        sys.exit(f"fib: {fault}")
    print(getattr(urls, BACKENDS[asked.backend]))


if __name__ == "__main__":
    main()
