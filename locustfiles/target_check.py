"""Checks once, before the load begins, that the backend answers."""

import sys
from typing import Any

from local_stack.backend_check import problem_with
from locust import events
from locust.env import Environment


@events.init.add_listener
def _check(environment: Environment, **_: Any) -> None:
    """End the run at once, in one line, if no backend answers."""
    if problem := problem_with(environment.host or ""):
        sys.exit(f"fib: no load: {problem}")
