"""Starting the proxy, and telling it what to do."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from dataclasses import asdict
from pathlib import Path
from typing import Any

from local_stack.programs import Program

from tests.faults.faults import FaultRates

_ROOT = Path(__file__).parents[2]


def proxy_program(port: int, dynamodb_port: int, *, limited: bool = False) -> Program:
    """Return the proxy that listens on `port`, in front of DynamoDB Local."""
    command = [sys.executable, "-m", "tests.faults.dynamodb_proxy", str(port), str(dynamodb_port)]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    return Program([*command, *(["--limited"] if limited else [])], environment)


class ProxyControl:
    """A running proxy.

    Args:
        port: Where it listens.
    """

    def __init__(self, port: int) -> None:
        self.port = port

    def counts(self) -> dict[str, int]:
        """Return what arrived so far, and what befell it."""
        return self._ask("counts")

    def set_faults(self, rates: FaultRates, *, seed: int) -> None:
        """Let faults happen from now on."""
        self._ask("faults", {"rates": asdict(rates), "seed": seed})

    def set_call_seconds(self, seconds: float) -> None:
        """Let a call take so long from now on."""
        self._ask("call-seconds", seconds)

    def cut_off(self, seconds: float) -> None:
        """Refuse all connections for so many seconds; returns at once."""
        self._ask("outage", seconds)

    def flush(self) -> None:
        """Deliver what is late now, and wait until it is."""
        self._ask("flush", 0)

    def _ask(self, what: str, told: Any = None) -> dict[str, int]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{what}",
            data=None if told is None else json.dumps(told).encode(),
            method="GET" if told is None else "PUT",
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    counted: dict[str, int] = json.load(answer)
                    return counted
            except urllib.error.URLError as error:
                # Refused in the outage that it was told to make.
                if not isinstance(error.reason, OSError) or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
