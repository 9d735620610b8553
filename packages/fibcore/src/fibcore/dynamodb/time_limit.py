"""Time limit for a whole call to DynamoDB: botocore's read timeout covers only a single read.

An answer that arrives byte by byte never reaches a read timeout, and name resolution has no
timeout. `run_in_thread` is the default. The server uses a function that works in greenlets instead
(`server_api/greenlet_time_limit.py`).
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

RunWithin = Callable[[Callable[[], Any], float], Any]
"""A function of a call and a number of seconds. It returns what the call returns, or raises
TimeoutError after these seconds."""


def run_in_thread(call: Callable[[], Any], seconds: float) -> Any:
    """Run `call` in a new thread, and stop waiting for it after `seconds`.

    Raises:
        TimeoutError: The call has not ended in time. It continues in its thread.
    """
    ended: Future[Any] = Future()

    def run() -> None:
        try:
            ended.set_result(call())
        except BaseException as error:  # noqa: BLE001 - the waiting thread raises it
            ended.set_exception(error)

    # This is not an executor, because Python waits at exit for the threads of executors.
    threading.Thread(target=run, name="dynamodb", daemon=True).start()
    return ended.result(seconds)
