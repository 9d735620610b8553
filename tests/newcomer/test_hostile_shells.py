"""`make` under what a stranger's shell sets for other programs, and in folders with odd names."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.local_stack.stack import PORT_NAMES, READY, ports_of_its_own, processes_of
from tests.newcomer.checkout import Checkout, copy_checkout, without_pip
from tests.processes import eventually
from tests.terminal import in_terminal

# `{elsewhere}` is a folder in which nothing may be made; `{broken}` one with modules that fail.
ENVIRONMENTS = {
    "uv": {
        "UV_PROJECT_ENVIRONMENT": "{elsewhere}/venv",
        "UV_PROJECT": "{elsewhere}",
        "UV_WORKING_DIR": "{elsewhere}",
        "UV_NO_GROUP": "load",
        "UV_NO_DEV": "1",
        "UV_NO_EDITABLE": "1",
        "UV_NO_SYNC": "1",
        "UV_FROZEN": "1",
        "UV_NO_BINARY": "1",
        "UV_EXCLUDE_NEWER": "2020-01-01",
        "UV_RESOLUTION": "lowest",
        "UV_PYTHON": "3.99",
        "UV_CONSTRAINT": "/nonexistent",
        "VIRTUAL_ENV": "/nonexistent",
        "CONDA_PREFIX": "/nonexistent",
    },
    "pip": {
        "PIP_USER": "1",
        "PIP_TARGET": "{elsewhere}/target",
        "PIP_PREFIX": "{elsewhere}/prefix",
        "PIP_ROOT": "{elsewhere}/root",
        "PIP_LOG": "{elsewhere}/log",
        "PIP_NO_BINARY": ":all:",
        "PIP_DRY_RUN": "1",
        "PIP_PLATFORM": "win32",
        "PIP_PYTHON": "/nonexistent",
        "PIP_CONSTRAINT": "/nonexistent",
        "PIP_REQUIRE_HASHES": "1",
        "PIP_IGNORE_INSTALLED": "1",
        "PIP_CONFIG_FILE": "{broken}/pip.conf",
    },
    "Python": {
        "PYTHONPATH": "{broken}",
        "PYTHONSAFEPATH": "1",
        "PYTHONHOME": "/nonexistent",
        "PYTHONPLATLIBDIR": "nowhere",
        "PYTHONWARNINGS": "error",
        "PYTHONOPTIMIZE": "2",
        "PYTHONDEVMODE": "1",
        "PYTHONSTARTUP": "/nonexistent",
        "PYTHONUSERBASE": "{elsewhere}/user",
    },
    "a locale of bytes": {
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "ascii:strict",
    },
    "other programs": {
        "npm_config_dry_run": "true",
        "npm_config_prefix": "{elsewhere}/npm",
        "npm_config_pack_destination": "{elsewhere}",
        "NODE_OPTIONS": "--require=/nonexistent",
        "GUNICORN_CMD_ARGS": "--bind=0.0.0.0:1 --workers=9",
        "SCRIPT_NAME": "/app",
        "PORT": "http",
        "LOG_LEVEL": "trace",
        "FLASK_DEBUG": "1",
        "JAVA_TOOL_OPTIONS": "-Xmx1m",
        "LISTEN_FDS": "3",
        "AWS_PROFILE": "production",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_MAX_ATTEMPTS": "0",
        "AWS_USE_FIPS_ENDPOINT": "true",
    },
}
# Downloads would go through these, too, so the packages have to be there already.
PROXIES = dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy"), "http://127.0.0.1:9")

FOLDERS = ["feature%2Fx", "a #1; b", 'it\'s "$HOME"', "-rf ünïcode"]
ALL_AT_ONCE = '-it\'s 100%2F "a" #1; $HOME & ü'


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "elsewhere"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    folder = tmp_path / "broken"
    folder.mkdir()
    for module in ("argparse", "json", "sitecustomize", "gunicorn", "boto3"):
        (folder / f"{module}.py").write_text("raise SystemExit('this is not the true one')\n")
    (folder / "pip.conf").write_text(
        "[install]\nuser = true\nno-index = true\n[global]\nprefix = /nonexistent\n"
    )
    return folder


def filled_in(variables: dict[str, str], elsewhere: Path, broken: Path) -> dict[str, str]:
    places = {"{elsewhere}": str(elsewhere), "{broken}": str(broken)}
    for place, folder in places.items():
        variables = {name: text.replace(place, folder) for name, text in variables.items()}
    return variables


@contextmanager
def running_stack(checkout: Checkout, variables: dict[str, str]) -> Iterator[None]:
    """`make run` in a terminal, until everything answers; then Ctrl-C."""
    environment = checkout.environment | variables
    with in_terminal(["make", "run"], environment, folder=checkout.root) as terminal:
        terminal.read_until(READY)
        yield
        terminal.press("\x03")
        terminal.wait()
        assert "Traceback" not in terminal.output
        for name in PORT_NAMES:
            assert f"http://localhost:{variables[name]}\n" in terminal.output
        eventually(lambda: not processes_of(variables))


@pytest.mark.long
def test_everything_hostile_at_once(tmp_path: Path, elsewhere: Path, broken: Path) -> None:
    """What the long tests try one by one."""
    every = {name: text for each in ENVIRONMENTS.values() for name, text in each.items()}
    variables = filled_in(every, elsewhere, broken)
    checkout = copy_checkout(tmp_path / ALL_AT_ONCE, variables)
    without_pip(checkout.venv)
    made = checkout.make(".venv/.ready-run")
    assert made.status == 0, made.lines
    assert checkout.imports("gunicorn", "local_stack")
    with running_stack(checkout, ports_of_its_own(checkout.root / ALL_AT_ONCE) | PROXIES):
        assert list(elsewhere.iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("variables", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_hostile_environment_changes_nothing(
    tmp_path: Path, elsewhere: Path, broken: Path, variables: dict[str, str]
) -> None:
    checkout = copy_checkout(tmp_path / "fib", filled_in(variables, elsewhere, broken))
    made = checkout.make(".venv/.ready-load")
    assert made.status == 0, made.lines
    assert checkout.imports("locust", "gunicorn", "local_stack")
    with running_stack(checkout, ports_of_its_own(tmp_path / "data")):
        assert list(elsewhere.iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("name", FOLDERS)
def test_odd_folder_names_work(tmp_path: Path, name: str) -> None:
    checkout = copy_checkout(tmp_path / name)
    with running_stack(checkout, ports_of_its_own(checkout.root / name)):
        pass


@pytest.mark.long
@pytest.mark.timeout(300)
def test_npm_settings_reach_no_download(tmp_path: Path, elsewhere: Path) -> None:
    """With an empty cache, everything is fetched; without npm on the machine, npm too."""
    checkout = copy_checkout(tmp_path / "fib")
    npm = shutil.which("npm")
    without_npm = [
        folder
        for folder in checkout.environment["PATH"].split(os.pathsep)
        if not npm or not Path(folder, "npm").exists() or folder in {"/bin", "/usr/bin"}
    ]
    variables = filled_in(ENVIRONMENTS["other programs"], elsewhere, elsewhere)
    variables |= {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": os.pathsep.join(without_npm)}
    made = checkout.make(".venv/.ready-run", **variables)
    assert made.status == 0, made.lines
    assert list(tmp_path.glob("cache/fib/dynamodb-local-*/DynamoDBLocal.jar"))
    assert list(elsewhere.iterdir()) == []
