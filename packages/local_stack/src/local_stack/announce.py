"""Waits until every process of the stack answers, then prints where each is."""

import os
import sys
import time
import urllib.error
import urllib.request

from fibcore.counter import Operation
from fibcore.http.contract import ROUTES

from local_stack.environment import url
from local_stack.settings import LocalSettings

_LONGEST_WAIT_SECONDS = 120
_CURRENT = next(route.path for route in ROUTES if route.operation is Operation.CURRENT)


def main() -> None:
    """Wait for each address in turn, then print them all."""
    local = LocalSettings.from_environ(os.environ)
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    for address in (
        url(local.server_port) + _CURRENT,
        url(local.lambda_port) + _CURRENT,
        url(local.site_port),
    ):
        while not _answers(address):
            if time.monotonic() > deadline:
                sys.exit(f"fib: {address} does not answer; see the logs in {local.data_dir}/logs")
            time.sleep(0.1)
    print(
        f"""
  site      {url(local.site_port)}
  server    {url(local.server_port)}
  lambda    {url(local.lambda_port)}
  DynamoDB  {url(local.dynamodb_port)}

  data and logs in {local.data_dir}; Ctrl-C ends it all
""",
        flush=True,
    )


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - one of ours
            return True
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    main()
