"""The Lambda function's package as it is built, before any deploy."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fibcore import Settings
from local_stack.environment import local_environment

from infra.components.lambda_package import bundle
from tests.infra.lambda_package import (
    LIMIT_BYTES,
    assert_counts,
    assert_native_code_is_for_the_function,
)

_BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked package."""
    folder = tmp_path_factory.mktemp("package")
    bundle(folder, "lambda-api")
    return folder


def test_it_is_small(package: Path, tmp_path: Path) -> None:
    zipped = Path(shutil.make_archive(str(tmp_path / "package"), "zip", package))
    assert zipped.stat().st_size < LIMIT_BYTES
    for name in _BOTO3:
        assert (package / name).exists(), name


def test_what_is_native_in_it_is_for_arm64_and_its_python(package: Path) -> None:
    assert_native_code_is_for_the_function(package)


def test_its_handler_answers_events_from_the_api_gateway(
    package: Path, new_table: Callable[..., Settings], dynamodb_port: int
) -> None:
    named = {"COUNTER_TABLE_NAME": new_table().table_name}
    assert_counts(package, local_environment(dynamodb_port=dynamodb_port, variables=named))
