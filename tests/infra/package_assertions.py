"""Assertions about the Lambda package, for the built and for the published one."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.components.lambda_package import RUNTIME

LIMIT_BYTES = 5 * 10**6
"""The largest size of the package as a zip, with boto3."""

_AARCH64 = 183  # e_machine in an ELF header
_HANDLE = """
import json, sys
from types import SimpleNamespace
from lambda_api.handler import handler
for event in json.load(sys.stdin):
    print(json.dumps(handler(event, SimpleNamespace(aws_request_id="1"))))
"""


def event(method: str, path: str) -> dict[str, Any]:
    """Return the event that an HTTP API makes of a request, in payload format 2.0.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    host = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "content-length": "0",
            "host": host,
            "user-agent": "test",
            "x-amzn-trace-id": "Root=1-67891233-abcdef012345678912345678",
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": host,
            "domainPrefix": "a1b2c3d4e5",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "24/Nov/2026:22:00:00 +0000",
            "timeEpoch": 1795557600000,
        },
        "isBase64Encoded": False,
    }


def body(answer: Mapping[str, Any]) -> Any:
    """Return the body of the function's answer, from JSON."""
    text: str = answer["body"]
    return json.loads(base64.b64decode(text) if answer["isBase64Encoded"] else text)


def assert_counts(package: Path, environment: Mapping[str, str]) -> None:
    """Run the handler with the package alone, and check that it counts from 0."""
    asked = [("GET", "/current"), ("POST", "/next"), ("POST", "/next"), ("GET", "/next")]
    ended = subprocess.run(
        # Without this environment's packages.
        [sys.executable, "-S", "-c", _HANDLE],
        env={"PATH": os.environ["PATH"], **environment, "PYTHONPATH": str(package)},
        input=json.dumps([event(*request) for request in asked]),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [answer["statusCode"] for answer in answers] == [200, 200, 200, 405]
    assert [body(answer) for answer in answers[:3]] == [
        {"index": 0, "value": "0"},
        {"index": 1, "value": "1"},
        {"index": 2, "value": "1"},
    ]
    assert body(answers[3])["type"] == "urn:fib:method-not-allowed"


def assert_native_code_is_for_the_function(package: Path) -> None:
    """Check that shared objects are built for arm64, and extensions for the runtime's Python."""
    version = RUNTIME.name.removeprefix("python").replace(".", "")
    for file in package.rglob("*.so*"):
        assert int.from_bytes(file.read_bytes()[18:20], "little") == _AARCH64, file
        if "cpython-" in file.name:
            assert f"cpython-{version}-" in file.name, file
