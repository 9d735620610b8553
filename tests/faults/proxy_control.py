"""Start the proxy in front of DynamoDB Local, and control it while it runs."""

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


def proxy_program(
    port: int, dynamodb_port: int, *, share: float | None = None, certificate: Path | None = None
) -> Program:
    """Return the program of a proxy that listens on `port`.

    Args:
        port: Where it listens.
        dynamodb_port: Where DynamoDB Local does.
        share: The part of a partition's units that it allows; None for no limits.
        certificate: A PEM file with key and certificate, for the TLS inside of tunnels.
    """
    command = [sys.executable, "-m", "tests.faults.dynamodb_proxy", str(port), str(dynamodb_port)]
    if share:
        command += ["--share", str(share)]
    if certificate:
        command += ["--certificate", str(certificate)]
    return Program(command, {**os.environ, "PYTHONPATH": str(_ROOT)})


class ProxyControl:
    """A running proxy.

    Args:
        port: Where it listens.
    """

    def __init__(self, port: int) -> None:
        self.port = port

    def counts(self) -> dict[str, int]:
        """Return how many requests arrived so far, and how often each fault happened."""
        return self._ask("counts")

    def set_faults(self, rates: FaultRates, *, seed: int) -> None:
        """Inject faults at these rates from now on."""
        self._ask("faults", {"rates": asdict(rates), "seed": seed})

    def set_call_seconds(self, seconds: float) -> None:
        """Let every call take at least so long from now on."""
        self._ask("call-seconds", seconds)

    def cut_off(self, seconds: float) -> None:
        """Refuse all connections for so many seconds; return at once."""
        self._ask("outage", seconds)

    def flush(self) -> None:
        """Deliver every late request now, and wait until all have arrived."""
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
                # An outage refuses this connection too.
                if not isinstance(error.reason, OSError) or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
