"""The CloudFront Function, run in Node without modules, as CloudFront does."""

import json
import shutil
import subprocess

import pytest

from infra.components.distribution import STRIP_PREFIX, path_of

_CALL = "console.log(handler({ request: { uri: process.argv[1] } }).uri)"


@pytest.mark.parametrize(
    ("uri", "stripped"),
    [
        (f"{path_of('server')}/next", "/next"),
        (f"{path_of('lambda')}/openapi.json", "/openapi.json"),
        (f"{path_of('server')}/", "/"),
        (f"{path_of('server')}/api/server/next", "/api/server/next"),
    ],
)
def test_backend_sees_the_path_without_prefix(uri: str, stripped: str) -> None:
    node = shutil.which("node")
    assert node
    program = STRIP_PREFIX.read_text() + _CALL
    ended = subprocess.run(
        [node, "-e", program, uri], check=True, capture_output=True, text=True, timeout=30
    )
    assert json.dumps(ended.stdout.strip()) == json.dumps(stripped)
