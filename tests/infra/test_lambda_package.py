"""The Lambda functions' package as it is built, before any deploy."""

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fibcore import Settings
from local_stack.environment import local_environment

from infra import ROOT
from infra.components.lambda_package import bundle
from tests.infra.package_assertions import (
    LIMIT_BYTES,
    assert_counts,
    assert_native_code_is_for_the_function,
)

_BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked package, built by a user whose files are private by default."""
    folder = tmp_path_factory.mktemp("package")
    with umask(0o077):
        bundle(folder)
    return folder


def test_package_is_small(package: Path, tmp_path: Path) -> None:
    zipped = Path(shutil.make_archive(str(tmp_path / "package"), "zip", package))
    assert zipped.stat().st_size < LIMIT_BYTES
    for name in _BOTO3:
        assert (package / name).exists(), name


def test_native_code_fits_arm64_and_runtime(package: Path) -> None:
    assert_native_code_is_for_the_function(package)


def test_handler_answers_events_of_the_api_gateway(
    package: Path, new_table: Callable[..., Settings], dynamodb_port: int
) -> None:
    named = {"COUNTER_TABLE_NAME": new_table().table_name}
    assert_counts(package, local_environment(dynamodb_port=dynamodb_port, variables=named))


def test_package_is_readable_whatever_the_umask(package: Path) -> None:
    """Prove that AWS Lambda's own user can import it: the zip keeps these permissions."""
    modes = {(path.is_dir(), oct(stat.S_IMODE(path.stat().st_mode))) for path in package.rglob("*")}
    assert modes == {(True, "0o755"), (False, "0o644")}


def _hashes_of_assets(clone: Path, mask: int) -> dict[str, list[str]]:
    """Clone the repository as it stands here, synthesize, and return each stack's asset hashes."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    with umask(mask):
        for name in filter(None, listed):
            if (ROOT / name).is_file():
                (clone / name).parent.mkdir(parents=True, exist_ok=True)
                (clone / name).write_bytes((ROOT / name).read_bytes())
        subprocess.run(
            [sys.executable, "-m", "infra.app"],
            cwd=clone,
            env=os.environ | {"CDK_OUTDIR": str(clone / "cdk.out")},
            check=True,
            capture_output=True,
        )
    return {
        # The template is an asset too, so that equal hashes mean equal templates.
        file.name: sorted({**assets["files"], **assets["dockerImages"]})
        for file in (clone / "cdk.out").glob("*.assets.json")
        for assets in [json.loads(file.read_text())]
    }


@pytest.mark.long
@pytest.mark.timeout(300)
def test_two_clones_synthesize_the_same(tmp_path: Path) -> None:
    """Prove that a deploy from another checkout changes nothing, whatever its umask."""
    first, second = (tmp_path / name for name in ("first", "second"))
    first.mkdir()
    second.mkdir()
    hashes = _hashes_of_assets(first, 0o022)
    assert len(hashes) == 4
    assert hashes == _hashes_of_assets(second, 0o077)
