"""The black-box API suite against a deployed stage: what it leaves out there."""

import re
import subprocess
import sys

import pytest

from infra import ROOT

# The methods that CloudFront passes on; it answers any other with a 403 of its own.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
PASSED_ON = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}


def collected(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "tests/api", "--collect-only", "-q", *arguments],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def methods(listed: str) -> set[str]:
    return set(re.findall(r"[\[-]([A-Z]{3,})(?=[-\]])", listed))


@pytest.mark.long
def test_deployed_backends_get_no_unusual_methods() -> None:
    deployed = collected("--backend-url", "https://site.example/api/server")
    assert methods(deployed) == PASSED_ON
    assert methods(collected()) > PASSED_ON
