"""One run of wrk, and what it found."""

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass

_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1_000.0}

_TO_AND_FRO = """
local turn = 0
request = function()
  turn = turn + 1
  return wrk.format("POST", turn % 2 == 0 and "/previous" or "/next")
end
"""


@dataclass(frozen=True)
class Load:
    """What wrk measured.

    Attributes:
        rate: Answers a second.
        p50_ms: The median latency.
        p99_ms: The latency that one in a hundred exceeds.
        requests: How many were answered.
        failures: Answers other than 2xx and 3xx, and errors of connections.
    """

    rate: float
    p50_ms: float
    p99_ms: float
    requests: int
    failures: int


def run_wrk(url: str, *, connections: int, seconds: float, cpu: int, steps: bool) -> Load:
    """Load `url` from one thread pinned to `cpu`: steps to and fro, or GET of the very URL."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_TO_AND_FRO if steps else "")
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency"]
        text = subprocess.run(
            ["taskset", "-c", str(cpu), *command, "--timeout", "10s", "-s", script.name, url],
            check=True,
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"]},
        ).stdout
    errors = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return Load(
        rate=float(_found(r"Requests/sec:\s+([\d.]+)", text)[0]),
        p50_ms=_latency("50%", text),
        p99_ms=_latency("99%", text),
        requests=int(_found(r"(\d+) requests in", text)[0]),
        failures=(int(wrong[1]) if wrong else 0)
        + (sum(map(int, errors.groups())) if errors else 0),
    )


def _found(pattern: str, text: str) -> tuple[str, ...]:
    found = re.search(pattern, text)
    if not found:
        raise ValueError(f"wrk says nothing of {pattern!r}:\n{text}")
    return found.groups()


def _latency(percentile: str, text: str) -> float:
    number, unit = _found(rf"{percentile}\s+([\d.]+)(us|ms|s)\b", text)
    return float(number) * _MILLISECONDS[unit]
