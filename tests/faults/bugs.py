"""Bugs put into fibcore on purpose; tests and the campaign have to find each of them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults import bugs_in_calls, bugs_in_plans, bugs_in_queues, bugs_in_writes
from tests.faults.bug import BUGS

__all__ = ["BUGS", "with_bug"]

_ROOT = Path(__file__).parents[2]
_HOOK = Path(__file__).with_name("bug_hook")
_MODULES = (bugs_in_calls, bugs_in_plans, bugs_in_queues, bugs_in_writes)


@contextmanager
def with_bug(name: str | None) -> Iterator[dict[str, str]]:
    """Yield the environment of processes that have the bug; an empty one for None."""
    if name is None:
        yield {}
    else:
        path = os.pathsep.join([str(_HOOK), str(_ROOT)])
        yield {"PYTHONPATH": path, "FIB_TESTS_BUG": BUGS[name].name}
