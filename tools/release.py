"""Check that a version can be released, and tag it: `make release VERSION=1.2.3`.

These have to hold: the working tree is clean, `fibcore/version.py` has this version, the
changelog has a section for it that is not dated in the future, nothing in the changelog is
unreleased, the tag does not exist, and the tests of the documents pass.
"""

import datetime as dt
import re
import subprocess
import sys
from pathlib import Path

from fibcore.version import VERSION

ROOT = Path(__file__).resolve().parents[1]


class CannotRelease(Exception):
    """The version cannot be released; the text says why and what to do, in one line."""


def check(version: str, *, changelog: str, status: str, tags: str, today: dt.date) -> None:
    """Check all that can be said without running a test.

    Args:
        version: The version to release.
        changelog: The text of `CHANGELOG.md`.
        status: The output of `git status --porcelain`.
        tags: The output of `git tag`.
        today: The date.

    Raises:
        CannotRelease: For the first reason found.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise CannotRelease(f"VERSION is a version such as 1.2.3, not {version!r}")
    if version != VERSION:
        raise CannotRelease(f"fibcore/version.py says {VERSION}, not {version}: change it first")
    section = re.search(
        rf"^## \[{re.escape(version)}\] - (\d{{4}}-\d\d-\d\d)$", changelog, re.MULTILINE
    )
    if not section:
        raise CannotRelease(f"CHANGELOG.md has no line '## [{version}] - {today}': add it first")
    if dt.date.fromisoformat(section[1]) > today:
        raise CannotRelease(f"CHANGELOG.md dates {version} in the future: {section[1]}")
    unreleased = re.search(r"^## \[Unreleased\]$(.*?)^## ", changelog, re.MULTILINE | re.DOTALL)
    if unreleased and unreleased[1].strip():
        raise CannotRelease(f"CHANGELOG.md has unreleased changes: move them to {version}")
    if status:
        raise CannotRelease("the working tree is not clean: commit or remove what is there")
    if f"v{version}" in tags.split():
        raise CannotRelease(f"the tag v{version} exists already: raise the version")


def release(version: str) -> None:
    """Check the version and tag the commit.

    Raises:
        CannotRelease: A check failed.
    """
    check(
        version,
        changelog=(ROOT / "CHANGELOG.md").read_text(),
        status=_git("status", "--porcelain"),
        tags=_git("tag"),
        today=dt.datetime.now(tz=dt.UTC).date(),
    )
    tests = [sys.executable, "-m", "pytest", "-q", "tests/docs"]
    if subprocess.run(tests, cwd=ROOT, check=False).returncode:
        raise CannotRelease("the documents are not true: see the tests above")
    _git("tag", "--annotate", f"v{version}", "--message", f"Version {version}")


def _git(*arguments: str) -> str:
    ended = subprocess.run(
        ["git", *arguments],  # noqa: S607 - the git of whoever releases
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        raise CannotRelease(f"git {arguments[0]} failed: {ended.stderr.strip()}")
    return ended.stdout


if __name__ == "__main__":
    try:
        release(sys.argv[1] if len(sys.argv) > 1 else "")
    except CannotRelease as fault:
        sys.exit(f"fib: cannot release: {fault}")
    print(f"tagged v{sys.argv[1]}; publish it with: git push origin v{sys.argv[1]}")
