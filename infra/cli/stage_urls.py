"""The URLs of a deployed stage, from its stacks' outputs.

`python -m infra.cli.stage_urls STAGE BACKEND` prints the URL that tests and load call.
"""

import argparse
from typing import Final, NamedTuple

from infra import outputs
from infra.cli.account import Account, identify
from infra.cli.command_errors import CannotRun, NotDeployed, ends_in_one_line
from infra.cli.confirmation import is_confirmed
from infra.cli.deployed_stacks import find_stack
from infra.stage import Stage


class StageUrls(NamedTuple):
    """The URLs of a stage.

    Attributes:
        website: The site.
        server: The server backend, through CloudFront.
        lambda_: The Lambda backend, through CloudFront.
        http_api: The Lambda backend at the HTTP API's own address.
    """

    website: str
    server: str
    lambda_: str
    http_api: str


BACKENDS: Final = {"server": "server", "lambda": "http_api"}
"""The URL of each backend that tests and load call. The Lambda backend's is the one without
CloudFront, so that both backends together cover both ways in."""


def read_urls(account: Account, stage: Stage) -> StageUrls:
    """Return the URLs of a stage.

    Raises:
        NotDeployed: A stack of the stage does not exist, or lacks an output.
    """
    website = find_stack(account, stage.stack_name(outputs.WEBSITE)).outputs
    api = find_stack(account, stage.stack_name(outputs.API_GATEWAY)).outputs
    try:
        return StageUrls(
            website=website[outputs.WEBSITE_URL],
            server=website[outputs.SERVICE_URL],
            lambda_=website[outputs.LAMBDA_URL],
            http_api=api[outputs.API_GATEWAY_URL],
        )
    except KeyError as missing:
        raise NotDeployed(f"stage {stage.name} is incomplete: no output {missing}") from missing


def main() -> None:
    """Print the URL of one backend of a stage, for tests and load that move its counter."""
    parser = argparse.ArgumentParser(prog="infra.cli.stage_urls", description=main.__doc__)
    parser.add_argument("stage")
    parser.add_argument("backend", choices=BACKENDS)
    asked = parser.parse_args()
    with ends_in_one_line():
        stage = Stage.load(asked.stage)
        if stage.keeps_data and not is_confirmed():
            raise CannotRun(
                f"tests and load move and reset the counter of {stage.name}: set YES=1 to allow it"
            )
        urls = read_urls(identify(), stage)
        print(getattr(urls, BACKENDS[asked.backend]))


if __name__ == "__main__":
    main()
