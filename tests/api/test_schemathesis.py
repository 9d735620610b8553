"""Schemathesis sends both backends valid and invalid requests by the OpenAPI document."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fibcore import Settings

from tests.api.conftest import START
from tests.api.http_client import Backend
from tests.processes import Running

# Random steps reach both bounds of an interval this short, and are refused there.
BOUND = "3"


LONG = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.mark.parametrize(
    ("name", "cases"),
    [("server", 5), *(pytest.param(name, 300, marks=LONG) for name in START)],
)
def test_answers_match_the_openapi_document(
    name: str,
    cases: int,
    new_table: Callable[..., Settings],
    start_backend: Callable[..., Iterator[tuple[Backend, Running]]],
    tmp_path: Path,
) -> None:
    schemathesis = Path(sys.executable).with_name("schemathesis")
    for backend, process in start_backend(name, new_table(), FIB_MAX_INDEX=BOUND):
        address = f"{backend.url}/openapi.json"
        asked = subprocess.run(
            [schemathesis, "run", address, "--checks=all", f"--max-examples={cases}", "--no-color"],
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
        )
        assert asked.returncode == 0, asked.stdout + asked.stderr
        assert "No issues found" in asked.stdout
        assert "Traceback" not in process.output()
