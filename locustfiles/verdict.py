"""Whether a load was carried: the exit status, and why, in words."""

import sys
from typing import Any

from locust import events
from locust.env import Environment

from locustfiles.fib_user import RATE
from locustfiles.stages import HeldRate, StagedShape

LONGEST_P95_MS = 250.0
LEAST_PART_OF_RATE = 0.95

_held = HeldRate()


@events.init.add_listener
def _watch(environment: Environment, **_: Any) -> None:
    def answered(**_: Any) -> None:
        shape = environment.shape_class
        if isinstance(shape, StagedShape) and shape.held():
            _held.count()

    environment.events.request.add_listener(answered)


@events.quitting.add_listener
def _judge(environment: Environment, **_: Any) -> None:
    """Set the exit status for every outcome; Locust's own is 1 for a single failure at most."""
    total = environment.stats.total
    p95 = total.get_response_time_percentile(0.95) or 0.0
    rate = _held.per_second()
    faults = []
    if not total.num_requests:
        faults.append("no request was answered")
    if total.num_failures:
        faults.append(f"{total.num_failures} of {total.num_requests} requests failed")
    if p95 > LONGEST_P95_MS:
        faults.append(f"p95 is {p95:.0f} ms, over {LONGEST_P95_MS:.0f} ms")
    if rate < LEAST_PART_OF_RATE * RATE:
        faults.append(f"{rate:.0f} requests/s reached of {RATE:.0f} asked for")
    environment.process_exit_code = 1 if faults else 0
    verdict = "; ".join(faults) or f"carried: {rate:.0f} requests/s, p95 {p95:.0f} ms, no failure"
    sys.stderr.write(f"\n{'FAILED: ' if faults else ''}{verdict}\n")
