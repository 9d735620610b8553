"""The Lambda function's package as it is deployed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fibcore import Settings
from local_stack.environment import local_environment

from infra.function_code import bundle

_MEGABYTE = 10**6
_BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")
_AARCH64 = 183  # e_machine in an ELF header
_ASK = """
import base64, json, sys
from types import SimpleNamespace
from lambda_api.handler import handler
for method, path in json.loads(sys.argv[1]):
    event = {"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
             "headers": {"host": "example.org"}, "isBase64Encoded": False,
             "requestContext": {"stage": "$default", "domainName": "example.org",
             "http": {"method": method, "path": path, "protocol": "HTTP/1.1",
                      "sourceIp": "192.0.2.1", "userAgent": "test"}}}
    answer = handler(event, SimpleNamespace(aws_request_id="1"))
    body = answer["body"]
    if answer["isBase64Encoded"]:
        body = base64.b64decode(body)
    print(json.dumps([answer["statusCode"], json.loads(body)]))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked package."""
    folder = tmp_path_factory.mktemp("package")
    bundle(folder, "lambda-api")
    return folder


def _zipped_bytes(folder: Path, tmp_path: Path) -> int:
    return Path(shutil.make_archive(str(tmp_path / "package"), "zip", folder)).stat().st_size


def test_it_is_small(package: Path, tmp_path: Path) -> None:
    assert _zipped_bytes(package, tmp_path) < 5 * _MEGABYTE
    for name in _BOTO3:
        assert (package / name).exists(), name


def test_what_is_native_in_it_is_for_arm64(package: Path) -> None:
    machines = {
        int.from_bytes(file.read_bytes()[18:20], "little") for file in package.rglob("*.so*")
    }
    assert machines <= {_AARCH64}


def test_its_handler_answers_events_from_the_api_gateway(
    package: Path, new_table: Callable[..., Settings], dynamodb_port: int
) -> None:
    table = new_table()
    environ = local_environment(
        dynamodb_port=dynamodb_port, variables={"COUNTER_TABLE_NAME": table.table_name}
    )
    asked = [["POST", "/next"], ["POST", "/next"], ["GET", "/current"], ["GET", "/next"]]
    ended = subprocess.run(
        # Nothing of this environment's packages: only what the package holds.
        [sys.executable, "-S", "-c", _ASK, json.dumps(asked)],
        env={"PATH": os.environ["PATH"], **environ, "PYTHONPATH": str(package)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [status for status, _ in answers] == [200, 200, 200, 405]
    assert [body.get("index") for _, body in answers[:3]] == [1, 2, 2]
