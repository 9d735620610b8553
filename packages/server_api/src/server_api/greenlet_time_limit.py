"""A time limit for a call that runs in a greenlet."""

from collections.abc import Callable
from typing import Any

import gevent


def run_within(call: Callable[[], Any], seconds: float) -> Any:
    """Run `call`, and interrupt it wherever it waits after so many seconds.

    Name resolution, connection, request and answer are all waits of gevent's. An interrupted call
    closes its connection, so nothing of it is sent later.

    Raises:
        TimeoutError: The call did not end in time.
    """
    with gevent.Timeout(seconds, TimeoutError(f"no answer within {seconds} seconds")):
        return call()
