"""The reference pages agree with the code: settings, routes, problems, rules, layers."""

import re
import tomllib
from typing import Any

import pytest
from fibcore.counter.batch_queue import TWO_BATCHES_FROM
from fibcore.dynamodb.writer_registry import STALE_SECONDS, WRITERS_LIMIT
from fibcore.http import contract, problems
from fibcore.settings import FIB_DEADLINE_SECONDS, Variable
from local_stack.stack_settings import LocalSettings
from server_api.server_settings import CONNECTIONS_LIMIT, ServerSettings
from server_api.server_timeouts import GRACEFUL_STOP
from server_api.worker import IDLE_SECONDS_AT_STOP

from tests.docs.documents import DOCS, README, ROOT
from tests.faults.bugs import BUGS

CONFIGURATION = (DOCS / "configuration.md").read_text()
EXACTLY_ONCE = (DOCS / "exactly-once.md").read_text()


@pytest.mark.parametrize("variable", ServerSettings.variables(), ids=lambda variable: variable.name)
def test_setting_has_its_default_and_meaning(variable: Variable) -> None:
    default = f"`{variable.default}`" if variable.default else ""
    row = f"| `{variable.name}` | {default} | {variable.meaning} |".replace("|  |", "| |")
    assert row in CONFIGURATION


def test_no_setting_is_listed_that_does_not_exist() -> None:
    listed = set(re.findall(r"^\| `([A-Z_0-9]+)` \|", CONFIGURATION, re.MULTILINE))
    local = {"SITE_PORT", "SERVER_PORT", "LAMBDA_PORT", "DYNAMODB_PORT", "DATA_DIR"}
    assert listed == {variable.name for variable in ServerSettings.variables()} | local


def test_local_ports_have_their_defaults() -> None:
    for port, variable in LocalSettings.from_environ({}).port_names.items():
        assert f"| `{variable}` | `{port}` |" in CONFIGURATION


@pytest.mark.parametrize("page", [README, DOCS / "api.md"], ids=lambda page: page.name)
def test_every_route_is_listed(page: Any) -> None:
    listed = re.findall(r"^\| `([A-Z]+ /[\w.]+)` \|", page.read_text(), re.MULTILINE)
    assert listed == [f"{route.method} {route.path}" for route in contract.ROUTES]


def test_every_problem_is_listed_with_its_status() -> None:
    listed = re.findall(r"^\| (\d+) \| `([\w:-]+)` \|", (DOCS / "api.md").read_text(), re.MULTILINE)
    assert listed == [(str(problem.status), problem.type) for problem in problems.PROBLEMS]


def test_every_rule_has_its_bugs() -> None:
    listed = re.findall(r"`(rule-\d[\w-]+)`", EXACTLY_ONCE)
    assert sorted(listed) == sorted(bug for bug in BUGS if bug.startswith("rule-"))


def test_rules_are_numbered_as_in_the_code() -> None:
    source = (ROOT / "packages/fibcore/src/fibcore/counter/exactly_once_writer.py").read_text()
    in_code = re.findall(r"^(\d)\. ", source.split('"""')[1], re.MULTILINE)
    section = EXACTLY_ONCE.partition("## The rules")[2].partition("## Example")[0]
    assert re.findall(r"^(\d)\. \*\*", section, re.MULTILINE) == in_code


def test_limits_are_those_of_the_code() -> None:
    assert f"room for {WRITERS_LIMIT} entries" in EXACTLY_ONCE
    assert (STALE_SECONDS, FIB_DEADLINE_SECONDS.default) == (60, "5")
    assert "has not changed for a minute" in EXACTLY_ONCE
    assert "5 seconds by default" in EXACTLY_ONCE
    assert f"From {TWO_BATCHES_FROM} clients on" in (DOCS / "performance.md").read_text()
    operations = (DOCS / "operations.md").read_text()
    assert f"ends within {GRACEFUL_STOP} seconds" in operations
    assert f"serves {CONNECTIONS_LIMIT:,} connections at most" in operations
    assert (IDLE_SECONDS_AT_STOP, "three seconds" in operations) == (3, True)


def test_layers_are_those_that_lint_checks() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = [each["layers"] for each in linter["contracts"] if "containers" in each]
    table = (DOCS / "architecture.md").read_text().partition("| layer of fibcore")[2]
    listed = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    checked = [name for layer in layers for name in layer.split(" | ")]
    assert listed == [name for name in checked if name != "version"]


def test_version_is_in_one_place() -> None:
    for path in [*ROOT.glob("packages/*/pyproject.toml")]:
        project = tomllib.loads(path.read_text())
        assert project["project"]["dynamic"] == ["version"]
        source = (path.parent / project["tool"]["hatch"]["version"]["path"]).resolve()
        assert source == ROOT / "packages/fibcore/src/fibcore/version.py"


def test_every_package_has_the_license() -> None:
    for path in [*ROOT.glob("packages/*/pyproject.toml"), ROOT / "infra/pyproject.toml"]:
        assert tomllib.loads(path.read_text())["project"]["license"] == "MIT", path
