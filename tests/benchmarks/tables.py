"""Results as a table, ratios taken round by round."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

from tests.benchmarks.wrk import Load

Rounds = dict[str, list[Load]]

RESULTS = Path(__file__).parent / "results"
"""The folder with the table of each benchmark."""


def in_turns(runs: dict[str, Callable[[], Load]], *, rounds: int, title: str) -> Rounds:
    """Run each in turn, `rounds` times, so that what the machine does else meets all alike."""
    measured: Rounds = {name: [] for name in runs}
    for turn in range(1, rounds + 1):
        for name, run in runs.items():
            print(f"  {title}, round {turn} of {rounds}: {name} …", file=sys.stderr, flush=True)
            measured[name].append(run())
    return measured


def ratio(rounds: Rounds, name: str, to: str) -> float:
    """Return the median over the rounds of one rate to the other's in the same round."""
    pairs = zip(rounds[name], rounds[to], strict=True)
    return median(ours.rate / theirs.rate for ours, theirs in pairs)


def typical(loads: list[Load]) -> Load:
    """Return the run with the median rate."""
    return sorted(loads, key=lambda load: load.rate)[len(loads) // 2]


def markdown(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table in Markdown."""
    cells = [list(map(str, head)), *[list(map(str, row)) for row in rows]]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    lines.insert(1, "|" + "---|" * len(cells[0]))
    return "\n".join(lines) + "\n"


def cells(table: str) -> list[dict[str, str]]:
    """Return the rows of a table in Markdown, each by the names of its columns."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(head, row, strict=True)) for row in rows]
