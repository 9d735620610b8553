"""Verdict of a load test: the exit status, and the reason in the last line."""

import sys
from typing import Any

from locust import events
from locust.env import Environment

from locustfiles.fib_user import RATE
from locustfiles.load_shape import HeldRate, StagedShape

LONGEST_P95_MS = 250.0
LEAST_PART_OF_RATE = 0.95

_held = HeldRate()
_last_lines: list[str] = []


@events.init.add_listener
def _watch(environment: Environment, **_: Any) -> None:
    def answered(**_: Any) -> None:
        shape = environment.shape_class
        if isinstance(shape, StagedShape) and shape.held():
            _held.count()

    environment.events.request.add_listener(answered)


@events.quitting.add_listener
def _judge(environment: Environment, **_: Any) -> None:
    """Set the exit status; Locust's own is 0 even if no request was answered."""
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
    report = getattr(environment.parsed_options, "html_file", None)
    if report:
        _last_lines.append(f"report: {report}")
    _last_lines.append(f"{'FAILED: ' if faults else ''}{verdict}")


@events.quit.add_listener
def _print_last(**_: Any) -> None:
    """Print the verdict after Locust's own tables."""
    sys.stderr.write("\n" + "\n".join(_last_lines) + "\n")
