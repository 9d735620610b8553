"""A time limit for a call that runs in a greenlet."""

from collections.abc import Callable
from typing import Any

import gevent


def run_within(call: Callable[[], Any], seconds: float) -> Any:
    """Run `call`. If it has not ended after `seconds`, interrupt it at the point where it waits.

    gevent can interrupt every wait of a call: name resolution, connecting, sending and reading. An
    interrupted call closes its connection, so nothing of it is sent later.

    Raises:
        TimeoutError: The call did not end in time.
    """
    limit = gevent.Timeout(seconds)
    try:
        with limit:
            return call()
    except gevent.Timeout as fired:
        # `gevent.Timeout` is no subclass of Exception, so botocore does not catch and ignore it.
        # That is why it becomes a TimeoutError only here, outside of the call.
        if fired is not limit:
            raise
        raise TimeoutError(f"no answer within {seconds} seconds") from fired
