"""Every locked package against the advisories of https://osv.dev."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNREACHABLE = "error sending request"


def audit(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Audit what the lock file names, the development tools too."""
    command = [str(Path(sys.executable).with_name("uv")), "audit", "--frozen", *arguments]
    return subprocess.run(
        [*command, "--preview-features", "audit-command"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "UV_HTTP_RETRIES": "0"},
    )


@pytest.mark.long
def test_no_locked_package_has_a_known_vulnerability(capsys: pytest.CaptureFixture[str]) -> None:
    audited = audit()
    if UNREACHABLE in audited.stderr:
        with capsys.disabled():
            print("NOT AUDITED: api.osv.dev can't be reached from here ", end="")
        return
    assert audited.returncode == 0, audited.stdout + audited.stderr


def test_an_audit_without_its_advisories_is_no_pass() -> None:
    audited = audit("--service-url", "http://127.0.0.1:9")
    assert audited.returncode != 0
    assert UNREACHABLE in audited.stderr
