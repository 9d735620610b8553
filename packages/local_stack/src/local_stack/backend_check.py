"""Whether a backend answers at an address, asked before tests or load are sent there."""

import json
import urllib.error
import urllib.request
from typing import Final

from fibcore.http.contract import CURRENT_PATH

_LONGEST_ANSWER_SECONDS: Final = 10


def problem_with(url: str) -> str | None:
    """Return why no backend can be reached at an address, in one line, or None if one answers."""
    if not url.startswith(("http://", "https://")):
        return f"{url!r} is no address of a backend; one begins with http:// or https://"
    address = url.rstrip("/") + CURRENT_PATH
    try:
        request = urllib.request.Request(address)  # noqa: S310 - the scheme was checked above
        with urllib.request.urlopen(request, timeout=_LONGEST_ANSWER_SECONDS) as answer:  # noqa: S310
            json.loads(answer.read())["index"]
    except (KeyError, TypeError, ValueError, urllib.error.HTTPError) as error:
        return f"{address} does not answer as a counter does: {error}"
    except OSError as error:
        return f"nothing answers at {url} ({error}); start it by `make run`, or set BACKEND_URL"
    return None
