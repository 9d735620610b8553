"""The canary's code. It is a part of the template, so it has one file and no dependencies."""

import os
import urllib.request

URLS_VARIABLE = "CANARY_URLS"
_TIMEOUT_SECONDS = 15


def handler(_event: object, _context: object) -> None:
    """Ask for each URL of the environment.

    Raises:
        RuntimeError: At least one URL did not answer with 200; the text names each.
    """
    failures = []
    for url in os.environ[URLS_VARIABLE].split():
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - ours
                status = answer.status
        except OSError as error:  # HTTP errors and timeouts are OSErrors, too
            failures.append(f"{url}: {error}")
        else:
            if status != 200:
                failures.append(f"{url}: {status}")
    if failures:
        raise RuntimeError("; ".join(failures))
