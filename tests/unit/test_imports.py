import subprocess
import sys

import fibcore
import pytest


def test_core_imports_no_web_framework() -> None:
    program = "import sys, fibcore.counter.batching, fibcore.counter.simple; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not {"flask", "mangum", "gevent", "gunicorn", "werkzeug"}.intersection(loaded)


def test_lambda_handler_imports_no_flask() -> None:
    program = "import sys, lambda_api.handler; print(*sys.modules)"
    environ = {"COUNTER_TABLE_NAME": "counter", "AWS_REGION": "us-east-1"}
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environ
    ).stdout.split()
    assert not {"flask", "gevent", "gunicorn", "werkzeug"}.intersection(loaded)


def test_public_names_are_sorted_and_exist() -> None:
    assert sorted(fibcore.__all__) == fibcore.__all__
    assert all(hasattr(fibcore, name) for name in fibcore.__all__)


@pytest.mark.parametrize("module", ["lambda_api.handler", "server_api.gunicorn_conf"])
def test_entry_with_invalid_settings_ends_in_one_line(module: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", f"import {module}"],
        check=False,
        capture_output=True,
        text=True,
        env={"FIB_MAX_INDEX": "0"},
    )
    assert ended.returncode != 0
    (line,) = ended.stderr.splitlines()
    for name in ("COUNTER_TABLE_NAME", "AWS_REGION", "FIB_MAX_INDEX"):
        assert name in line
