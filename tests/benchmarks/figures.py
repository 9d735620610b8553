"""Write the measured figures into the documents: `python -m tests.benchmarks.figures`.

A document marks where figures belong by `<!-- figures: NAME -->` and `<!-- end -->`. Everything in
between is written by this program from the tables in `results`, and a test compares both.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks.tables import RESULTS, cells, markdown

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

_BLOCK = re.compile(r"(<!-- figures: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
_HELLO, _ONE_CALL = "bare hello", "one call per request"


def rows(table: str) -> list[dict[str, str]]:
    """Return the rows of one table of the bench."""
    return cells((RESULTS / f"{table}.md").read_text())


def by_connections(table: str) -> str:
    """Return rates by connections: a bare hello, a call per request, and batching."""
    lines: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows(table):
        lines.setdefault(row["connections"], {})[_kind(row[""])] = row
    head = ["connections", "a bare hello", "one call per request", "**batching**", "p50", "p99"]
    return markdown(head, list(_lines_by_connections(lines)))


def _lines_by_connections(lines: dict[str, dict[str, dict[str, str]]]) -> Iterator[list[str]]:
    for connections, found in lines.items():
        batching = found["batching"]
        yield [
            connections,
            *(f"{found[name]['requests/s']}/s" for name in (_HELLO, _ONE_CALL)),
            f"**{batching['requests/s']}/s**",
            f"{batching['p50 ms']} ms",
            f"{batching['p99 ms']} ms",
        ]


def _kind(name: str) -> str:
    return name if name in {_HELLO, _ONE_CALL} else "batching"


def speed() -> str:
    """Return the steps a second for the front page."""
    found = {(row["connections"], _kind(row[""])): row for row in rows("steps")}
    lines = [
        [
            connections,
            *(f"{found[connections, name]['requests/s']}/s" for name in (_HELLO, _ONE_CALL)),
            f"**{found[connections, 'batching']['requests/s']}/s**",
            found[connections, "batching"]["writes/request"],
        ]
        for connections in ("16", "64", "256")
    ]
    head = ["connections", "a bare hello", "one write per step", "**fib**", "writes per step"]
    return markdown(head, lines)


def partition() -> str:
    """Return the rates under the limits of one DynamoDB partition."""
    lines = [
        [
            row[""].replace("combining", "batching"),
            f"{row['requests/s']}/s",
            f"{row['p99 ms']} ms",
            row["failures"],
            f"{row['writes/s']}/s",
            f"{row['throttled/s']}/s",
        ]
        for row in rows("partition")
    ]
    return markdown(["", "steps", "p99", "failed", "writes", "throttled"], lines)


def index() -> str:
    """Return the rates by the length of the number."""
    lines = [
        [row["index"], f"{row['constant/s']}/s", f"{row['requests/s']}/s", row["to constant"]]
        for row in rows("index")
    ]
    return markdown(["index", "a constant body of that length", "steps", "ratio"], lines)


def function() -> str:
    """Return what the Lambda function takes beside DynamoDB."""
    lines = [list(row) for row in _pairs("lambda")]
    return markdown(["the Lambda function", ""], lines)


def _pairs(table: str) -> Iterator[tuple[str, str]]:
    for line in (RESULTS / f"{table}.md").read_text().splitlines():
        match [cell.strip() for cell in line.strip("|").split("|")]:
            case [name, value] if name and not name.startswith("-"):
                yield name, value


def table(name: str) -> str:
    """Return a table of the bench as it is, with what the bench says about it."""
    return (RESULTS / f"{name}.md").read_text().partition("\n\n")[2]


FIGURES: dict[str, Callable[[], str]] = {
    "speed": speed,
    "steps": lambda: by_connections("steps"),
    "current": lambda: by_connections("current"),
    "partition": partition,
    "index": index,
    "function": function,
    "scaling": lambda: table("scaling"),
    "simulation": lambda: table("simulation"),
}


def with_figures(text: str) -> str:
    """Return a document's text with the figures as they are measured now."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{FIGURES[block[2]]()}\n{block[4]}", text)


if __name__ == "__main__":
    for document in DOCUMENTS:
        document.write_text(with_figures(document.read_text()))
