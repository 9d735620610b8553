"""The benchmarks that `BENCH` chooses; an unknown name ends the run with one line."""

import os
import sys
from collections.abc import Collection


def chosen(available: Collection[str]) -> list[str]:
    """Return the benchmarks that `BENCH` names, or all; `QUESTIONS` is its former name."""
    text = os.environ.get("BENCH") or os.environ.get("QUESTIONS") or " ".join(available)
    names = text.split()
    if unknown := [name for name in names if name not in available]:
        sys.exit(f"fib: no benchmark is named {' or '.join(unknown)}: {', '.join(available)} are")
    return names
