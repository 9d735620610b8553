"""A time limit for a whole call: botocore's timeouts are those of a single read.

An answer that arrives byte by byte never reaches a read timeout, and name resolution has none. The
server passes a limit of its own, which works in greenlets: `server_api/greenlet_time_limit.py`.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

RunWithin = Callable[[Callable[[], Any], float], Any]
"""Returns what the call returns, or raises TimeoutError after so many seconds."""


def run_in_thread(call: Callable[[], Any], seconds: float) -> Any:
    """Run `call` in a thread of its own, and stop waiting for it after so many seconds.

    Raises:
        TimeoutError: The call has not ended. It goes on in its thread.
    """
    ended: Future[Any] = Future()

    def run() -> None:
        try:
            ended.set_result(call())
        except BaseException as error:  # noqa: BLE001 - the waiting thread raises it
            ended.set_exception(error)

    # Not an executor: Python waits at its exit for the threads of executors.
    threading.Thread(target=run, name="dynamodb", daemon=True).start()
    return ended.result(seconds)
