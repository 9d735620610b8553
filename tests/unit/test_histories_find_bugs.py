"""The drawn histories find each rule that is dropped and each bound that is broken on purpose."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.bugs import BUGS, Edit, edited

_ROOT = Path(__file__).parents[2]
_FOUND = 3
_SEARCH = f"""
import sys
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.unit.test_counting_histories import MANY, World

search = settings(MANY, phases=[Phase.generate], database=None, derandomize=True)
try:
    run_state_machine_as_test(World, settings=search)
except AssertionError as found:
    print(found.args)
    sys.exit({_FOUND})
"""

CAMPAIGN_TOO = [
    "rule-1-an-id-for-all",
    "rule-2-no-entry-required",
    "rule-3-each-plan-its-own-condition",
    "rule-4-no-fence-before-a-refusal",
    "rule-4-leaving-in-doubt-is-unavailable",
    "rule-5-pruned-though-alive",
    "bounds-before-the-write",
    "a-read-joins-one-in-flight",
]
MORE = {
    "rule-1-the-index-is-not-stored": (
        Edit(
            "dynamodb/repository",
            'f", #number = :number, #index = {produced}"',
            '", #number = :number, #index = #value"',
        ),
    ),
    "rule-2-the-same-id-after-an-unanswered-join": (
        Edit(
            "counter/batch_writer",
            "self._surplus = names = new_names()",
            'self._surplus = names = self.__dict__.setdefault("names", new_names())',
        ),
        Edit("dynamodb/repository", " AND attribute_not_exists(#number)", ""),
    ),
    "rule-3-one-number-for-all-plans": (
        Edit(
            "counter/batch_writer",
            "number = entry.last + 1 if entry",
            "number = (settling.first or entry.last + 1) if entry",
        ),
    ),
    "the-item-found-is-not-planned-from": (
        Edit("counter/batch", "self.known = parse_index(item)\n            resets", "resets"),
    ),
    "a-reset-moves-by-the-net": (
        Edit(
            "counter/plan",
            "Movement(fitting_forward - fitting_back, restart",
            "Movement(0 if restart else fitting_forward - fitting_back, restart",
        ),
    ),
    "no-lower-bound": (
        Edit(
            "dynamodb/repository", "#value >= :lowest AND #value <= :highest", "#value <= :highest"
        ),
    ),
    "no-upper-bound": (
        Edit(
            "dynamodb/repository", "#value >= :lowest AND #value <= :highest", "#value >= :lowest"
        ),
    ),
}


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "edits", [*(BUGS[name] for name in CAMPAIGN_TOO), *MORE.values()], ids=[*CAMPAIGN_TOO, *MORE]
)
def test_the_histories_find(edits: tuple[Edit, ...]) -> None:
    with edited(edits) as variables:
        path = os.pathsep.join([variables["PYTHONPATH"], str(_ROOT)])
        search = subprocess.run(
            [sys.executable, "-c", _SEARCH],
            env={**os.environ, "PYTHONPATH": path},
            check=False,
            capture_output=True,
            text=True,
        )
    assert search.returncode == _FOUND, search.stderr[-2_000:]
