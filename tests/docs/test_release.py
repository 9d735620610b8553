"""`make release` refuses a version that is not ready."""

import datetime as dt

import pytest
from fibcore.version import VERSION

from tests.docs.documents import ROOT
from tools.release import CannotRelease, check

TODAY = dt.date(2026, 11, 30)
CHANGELOG = f"## [Unreleased]\n\n## [{VERSION}] - 2026-11-29\n"


def refusal(version: str = VERSION, **changes: str) -> str:
    """Return why a release is refused; an empty text if it is not."""
    state = {"changelog": CHANGELOG, "status": "", "tags": "v0.1.0", **changes}
    try:
        check(version, today=TODAY, **state)
    except CannotRelease as fault:
        return str(fault)
    return ""


def test_ready_version_is_released() -> None:
    assert refusal() == ""


@pytest.mark.parametrize("version", ["", "1.0", "v1.0.0", "1.0.0; rm -rf /"])
def test_malformed_version_is_refused(version: str) -> None:
    assert "is a version such as 1.2.3" in refusal(version)


def test_version_of_another_number_is_refused() -> None:
    assert "change it first" in refusal("9.9.9")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"changelog": "## [Unreleased]\n"}, "has no line"),
        ({"changelog": f"## [{VERSION}] - 2026-12-01\n"}, "in the future"),
        ({"changelog": CHANGELOG.replace("]\n\n", "]\n\n- x\n\n", 1)}, "unreleased changes"),
        ({"status": " M README.md\n"}, "not clean"),
        ({"tags": f"v{VERSION}\n"}, "exists already"),
    ],
)
def test_unready_release_is_refused(changes: dict[str, str], reason: str) -> None:
    assert reason in refusal(**changes)


def test_changelog_has_this_version() -> None:
    assert f"## [{VERSION}] - " in (ROOT / "CHANGELOG.md").read_text()
