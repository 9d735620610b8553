"""Every document: its links, the names in it, and its figures."""

import re
import subprocess
from pathlib import Path, PurePath

import pytest

from tests.benchmarks.figures import rows, with_figures
from tests.benchmarks.plot import bars
from tests.docs.documents import DOCS, DOCUMENTS, FILES, README, ROOT, anchors, name, prose

TARGETS = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
CODE = [
    file
    for file in FILES
    if file.suffix in {".py", ".toml", ".yml", ".yaml"} or file.name in {"Makefile", "run"}
]
ALL_CODE = "\n".join(path.read_text() for path in CODE)
NAMES = [name(file) for file in FILES]

of_each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=name)


@of_each_document
def test_links_lead_to_files_and_headings(document: Path) -> None:
    for link in re.findall(r"\]\(((?!https?:|mailto:)[^)\s]+)\)", prose(document)):
        path, _, heading = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        assert not heading or heading in anchors(target), link


@of_each_document
def test_named_make_targets_exist(document: Path) -> None:
    named = re.findall(r"(?:^|`)make ([a-z-]+)", document.read_text(), re.MULTILINE)
    assert set(named) <= TARGETS


@of_each_document
def test_named_environment_variables_are_in_the_code(document: Path) -> None:
    named = set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=[^`]*)?`", prose(document)))
    # CloudFormation's states look the same.
    variables = {each for each in named if not each.endswith(("_COMPLETE", "_FAILED"))}
    assert {each for each in variables if not re.search(rf"\b{each}\b", ALL_CODE)} == set()


@of_each_document
def test_named_source_files_exist(document: Path) -> None:
    for path in re.findall(r"`/?([\w./*-]+\.(?:py|js|toml|html|md|yml|yaml))`", prose(document)):
        assert any(PurePath(file).match(path) for file in NAMES), path


@of_each_document
def test_figures_are_those_of_the_bench(document: Path) -> None:
    assert with_figures(document.read_text()) == document.read_text()


def test_plot_is_that_of_the_bench() -> None:
    results = ROOT / "tests/benchmarks/results"
    assert (results / "steps.svg").read_text() == bars((results / "steps.md").read_text())


def test_step_costs_less_than_a_hello_with_64_clients() -> None:
    rates = {
        row[""]: int(row["requests/s"].replace(",", ""))
        for row in rows("steps")
        if row["connections"] == "64"
    }
    assert max(rates, key=lambda kind: rates[kind]) not in {"bare hello", "one call per request"}


def test_rates_stand_only_in_figures() -> None:
    for document in [README, *DOCS.glob("*.md")]:
        own = re.sub(r"<!-- figures.*?<!-- end -->", "", document.read_text(), flags=re.DOTALL)
        assert not re.findall(r"\d[\d,]{3,}/s", own), name(document)


def test_readme_stays_short() -> None:
    assert len(README.read_text().splitlines()) <= 120


def test_every_folder_has_a_description() -> None:
    folders = [*ROOT.glob("packages/*"), ROOT / "site", ROOT / "infra", ROOT / "tests"]
    assert [folder for folder in folders if not (folder / "README.md").exists()] == []


def test_tests_readme_lists_every_folder() -> None:
    listed = set(
        re.findall(r"^\| `(\w+)/` \|", (ROOT / "tests/README.md").read_text(), re.MULTILINE)
    )
    tests = {PurePath(file).parts[1] for file in NAMES if PurePath(file).match("tests/*/*.py")}
    assert listed == tests


def test_every_curl_ends_its_line() -> None:
    """An answer has no newline, so the shell's prompt would stand behind it."""
    lines = [line for document in DOCUMENTS for line in document.read_text().splitlines()]
    calls = [line for line in lines if line.startswith("$ curl ")]
    assert calls
    assert [line for line in calls if " -w '\\n'" not in line] == []


def test_configured_lint_hook_is_make_lint() -> None:
    assert "entry: make lint\n" in (ROOT / ".pre-commit-config.yaml").read_text()


def test_every_make_target_is_listed() -> None:
    printed = subprocess.run(
        ["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    page = (DOCS / "configuration.md").read_text()
    listed = re.findall(r"^\| `make ([a-z-]+)` \|", page, re.MULTILINE)
    targets = re.findall(r"^  make ([a-z-]+)", printed, re.MULTILINE)
    assert sorted(listed) == sorted({*targets} - {"help"})
