"""What can't work ends at once, in one line that says what to do."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fibcore import Settings
from local_stack import programs
from local_stack.environment import local_environment
from local_stack.programs import Program

from tests.checkout_files import ROOT
from tests.newcomer.checkout import Checkout, without_our_make
from tests.processes import free_port, running

# The checkout that runs these tests is set up already.
HERE = Checkout(ROOT, without_our_make(os.environ))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["load", "SERVER_PORT=1"], "nothing answers at http://localhost:1 "),
        (["load", "BACKEND=both"], "BACKEND is server or lambda, not 'both'"),
        (["load", "LOAD=storm"], "LOAD is ramp, soak or spike, not 'storm'"),
        (["test-faults", "SECONDS=0"], "argument --seconds: not a number above 0: '0'"),
        (["test-api", "BACKEND_URL=http://localhost:1"], "nothing answers at http://localhost:1 "),
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for case in (
                (["load", "BACKEND_URL=foo"], "'foo' is no address of a backend"),
                (["load", "RATE=fast"], "RATE is a number above 0, not 'fast'"),
                (["load", "MIX=all"], "MIX is mixed or next, not 'all'"),
                (["bench", "BENCH=steps speed"], "no benchmark is named speed: steps, "),
                (["bench", "QUESTIONS=speed"], "no benchmark is named speed: steps, "),
                (["test-faults", "SCENARIO=storm"], "no scenario's name contains 'storm': "),
                (["test-faults", "BUG=bee"], "argument --bug: invalid choice: 'bee' (choose from "),
                (["test-api", "BACKEND_URL=foo"], "'foo' is no address of a backend"),
            )
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_senseless_request_is_refused_in_one_line(arguments: list[str], says: str) -> None:
    made = HERE.make(*arguments)
    assert made.status != 0
    (line,) = [line for line in made.lines if line]
    assert says in line


def test_address_without_a_backend_is_refused() -> None:
    port = free_port()
    serving = Program([sys.executable, "-m", "http.server", str(port)], dict(os.environ))
    with running(serving, port=port):
        made = HERE.make("test-api", f"BACKEND_URL=http://localhost:{port}")
    assert made.status != 0
    (line,) = [line for line in made.lines if line]
    assert f"http://localhost:{port}/current does not answer as a counter does" in line


@pytest.mark.long
@pytest.mark.parametrize(("no_skip", "outcome"), [("", "skipped"), ("1", "error")])
def test_skipped_tests_name_what_installs_their_tools(
    tmp_path: Path, no_skip: str, outcome: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/image"],
        cwd=ROOT,
        env=os.environ | {"PATH": str(tmp_path), "FIB_NO_SKIP": no_skip},
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert f"4 {outcome}" in ended.stdout
    lines = ended.stdout.splitlines()
    if not no_skip:
        block = lines.index(next(line for line in lines if "not tested on this machine" in line))
        assert lines[block + 1].startswith("4 skipped: the container image: sudo apt-get install ")
        assert lines[block + 2] == (
            "To test all of it: sudo apt-get install buildah debootstrap runc"
        )


SHORT_LOAD = """
from locustfiles import target_check, verdict
from locustfiles.fib_user import FibUser
from locustfiles.load_shape import Stage, StagedShape

class Load(StagedShape):
    stages = (Stage(4, 1, 1),)
"""


def test_load_ends_with_its_report_and_verdict(
    tmp_path: Path, new_table: Callable[..., Settings], dynamodb_port: int
) -> None:
    port = free_port()
    table = new_table().table_name
    server = programs.server(port=port, dynamodb_port=dynamodb_port, COUNTER_TABLE_NAME=table)
    (tmp_path / "short.py").write_text(SHORT_LOAD)
    report = tmp_path / "report.html"
    command = [sys.executable, "-m", "locust", "-f", str(tmp_path / "short.py"), "--headless"]
    with running(server, port=port):
        ended = subprocess.run(
            [*command, "--host", f"http://localhost:{port}", "--html", str(report)],
            env=local_environment(
                dynamodb_port=1, variables={"PYTHONPATH": str(ROOT), "RATE": "10"}
            ),
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
    *_, path, verdict = ended.stdout.splitlines()
    assert path == f"report: {report}"
    assert report.exists()
    # Whether so short a load is carried is not the point here.
    assert verdict.startswith(("carried: ", "FAILED: "))
