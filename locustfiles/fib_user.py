"""A client of the counter, and how many of them make a rate."""

from random import choices

from locust import constant_throughput, task
from locust.contrib.fasthttp import FastHttpUser

from locustfiles import load_settings

REQUESTS_PER_USER_AND_SECOND = 5
"""Slow enough that a user keeps its pace up to a latency of 200 ms."""

RATE = load_settings.positive_number("RATE", "1000")
"""Requests a second to reach."""

_PATHS = load_settings.choice(
    "MIX", "mixed", {"mixed": {"/next": 45, "/previous": 45, "/current": 10}, "next": {"/next": 1}}
)


def users(rate: float) -> int:
    """Return how many users make `rate` requests a second."""
    return max(1, round(rate / REQUESTS_PER_USER_AND_SECOND))


class FibUser(FastHttpUser):
    """Steps to and fro, or forward only, at a constant rate."""

    wait_time = constant_throughput(REQUESTS_PER_USER_AND_SECOND)

    @task
    def ask(self) -> None:
        """Send one request; `previous` at index 0 is refused, as it should be."""
        (path,) = choices(list(_PATHS), weights=list(_PATHS.values()))
        method = "GET" if path == "/current" else "POST"
        with self.client.request(method, path, catch_response=True) as response:
            if path == "/previous" and response.status_code == 409:
                response.success()
