"""The page's pure modules, under Node's own test runner."""

import subprocess
import sys
from pathlib import Path

import pytest

_NODE = Path(sys.executable).with_name("node")


@pytest.mark.parametrize(
    "suite", sorted(Path(__file__).parent.glob("*.test.js")), ids=lambda p: p.name
)
def test_its_tests_pass_under_node(suite: Path) -> None:
    run = subprocess.run(
        [_NODE, "--test", "--test-reporter=tap", suite], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout
    assert "\n# pass 0\n" not in run.stdout
