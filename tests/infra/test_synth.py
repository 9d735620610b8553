"""`cdk synth` of the app."""

import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pytest

from infra import ROOT
from infra.cli import cdk
from infra.outputs import STACKS

MOST_EMPTY_APPS = 4
"""The most time that it may take, as a multiple of the time of an app without a stack. A limit in
seconds would not fit every machine."""

TRIES = 3
_EMPTY_APP = "import aws_cdk; aws_cdk.App().synth()"


def _processor_seconds() -> float:
    """Return the CPU time of this process's ended children, which other programs do not affect."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run(command: list[str]) -> tuple[subprocess.CompletedProcess[str], float]:
    """Run a command, and return how it ended and the seconds of CPU that it took."""
    before = _processor_seconds()
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=cdk.environment(),
        check=True,
        capture_output=True,
        text=True,
        timeout=100,
    )
    return ended, _processor_seconds() - before


@pytest.mark.long
@pytest.mark.timeout(TRIES * 200)
def test_cdk_synth_is_fast_and_without_warnings(tmp_path: Path) -> None:
    command = cdk.command("synth", "--quiet", "--output", str(tmp_path))
    ratios = []
    for _ in range(TRIES):
        _, empty = _run([sys.executable, "-c", _EMPTY_APP])
        ended, seconds = _run(command)
        ratios.append(seconds / empty)
        if min(ratios) < MOST_EMPTY_APPS:
            break
    assert min(ratios) < MOST_EMPTY_APPS
    assert "WARNING" not in ended.stdout + ended.stderr
    for stack in STACKS:
        assert (tmp_path / f"fib-dev-{stack}.template.json").exists()
