"""The settings of a load test, from the environment; an invalid one ends the run with one line."""

import os
import sys
from collections.abc import Mapping
from typing import TypeVar

_Value = TypeVar("_Value")


def positive_number(name: str, default: str) -> float:
    """Return a variable that is a number above 0."""
    text = os.environ.get(name) or default
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        sys.exit(f"fib: {name} is a number above 0, not {text!r}")
    return number


def choice(name: str, default: str, values: Mapping[str, _Value]) -> _Value:
    """Return what a variable chooses."""
    text = os.environ.get(name) or default
    if text not in values:
        sys.exit(f"fib: {name} is {' or '.join(values)}, not {text!r}")
    return values[text]
