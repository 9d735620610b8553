"""The README says what is true."""

import re
from pathlib import Path

import pytest
from fibcore.http import contract
from fibcore.settings import Variable
from server_api.settings import ServerSettings

from tests.benchmarks.plot import bars
from tests.benchmarks.tables import cells

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
TARGETS = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("variable", ServerSettings.variables(), ids=lambda variable: variable.name)
def test_every_variable_stands_there_with_its_default_and_meaning(variable: Variable) -> None:
    default = f"`{variable.default}`" if variable.default else ""
    row = f"| `{variable.name}` | {default} | {variable.meaning} |".replace("|  |", "| |")
    assert row in README


@pytest.mark.parametrize("problem", contract.PROBLEMS, ids=lambda problem: problem.name)
def test_every_problem_stands_there_with_its_status(problem: contract.Problem) -> None:
    assert f"| {problem.status} | `{problem.type}` |" in README


@pytest.mark.parametrize("route", contract.ROUTES, ids=lambda route: route.path)
def test_every_route_stands_there(route: contract.Route) -> None:
    assert f"| `{route.method} {route.path}` |" in README


@pytest.mark.parametrize("target", [target for target in TARGETS if target != "help"])
def test_every_make_target_stands_there(target: str) -> None:
    assert f"| `make {target}` |" in README


def test_every_target_that_stands_there_exists() -> None:
    assert set(re.findall(r"^\| `make ([a-z-]+)` \|", README, re.MULTILINE)) <= set(TARGETS)


@pytest.mark.parametrize("link", re.findall(r"\]\(((?!http)[^)]+)\)", README))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_the_plot_is_that_of_the_bench() -> None:
    results = ROOT / "tests/benchmarks/results"
    assert (results / "steps.svg").read_text() == bars((results / "steps.md").read_text())


def bench(table: str) -> list[dict[str, str]]:
    """Return the rows of one table of the bench."""
    return cells((ROOT / f"tests/benchmarks/results/{table}.md").read_text())


def test_the_figures_of_the_steps_are_those_of_the_bench() -> None:
    rows = {(row["connections"], row[""]): row for row in bench("steps")}
    names = ("bare hello", "one call per request", "combining")
    for connections in ("16", "64", "256"):
        rates = " | ".join(f"{rows[connections, name]['requests/s']}/s" for name in names)
        writes = rows[connections, "combining"]["writes/request"]
        assert f"| {connections} | {rates} | {writes} |" in README


def test_the_sum_past_one_machine_begins_with_figures_of_the_bench() -> None:
    (one,) = [row for row in bench("partition") if row[""] == "combining, 1 process"]
    rate, writes = one["requests/s"], one["writes/s"]
    assert f"answers {rate} steps a second makes {writes} writes" in README


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("partition", ("", "requests/s", "failures", "writes/s", "throttled/s")),
        ("index", ("index", "constant/s", "requests/s", "to constant")),
    ],
)
def test_the_other_figures_are_those_of_the_bench_too(table: str, columns: tuple[str, ...]) -> None:
    rates = {column for column in columns if column.endswith("/s")}
    for row in bench(table):
        told = [row[column] + ("/s" if column in rates else "") for column in columns]
        assert f"| {' | '.join(told)} |" in README
