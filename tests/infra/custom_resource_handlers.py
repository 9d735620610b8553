"""Run the handler of a custom resource from the synthesized assembly, as AWS Lambda would."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from infra import ROOT
from tests.infra.handler_server import serving

_PYTHON = """
import importlib, json, sys, types
module, _, name = sys.argv[1].rpartition(".")
context = types.SimpleNamespace(
    log_stream_name="log", aws_request_id="1", get_remaining_time_in_millis=lambda: 30_000
)
answer = getattr(importlib.import_module(module), name)(json.load(sys.stdin), context)
print(json.dumps(answer))
"""
# CDK's handlers answer CloudFormation over HTTPS on port 443. Here they answer over plain HTTP.
_NODE = """
const http = require("http"), https = require("https"), path = require("path");
const event = JSON.parse(require("fs").readFileSync(0));
const { port } = new URL(event.ResponseURL);
// By a number, so that the SDK does not put the bucket's name before the host's.
process.env.AWS_ENDPOINT_URL = process.env.AWS_ENDPOINT_URL.replace("localhost", "127.0.0.1");
https.request = (options, callback) => http.request({ ...options, port }, callback);
const [module_, name] = process.argv[1].split(".");
require(path.resolve(module_))[name](event, { logStreamName: "log" })
  .then((answer) => console.log(JSON.stringify(answer ?? null)))
  .catch((error) => { console.error(error); process.exitCode = 1; });
"""


def run_handler(
    folder: Path, handler: str, event: Mapping[str, Any], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run `handler` of the code in `folder` with an event; its answer is the last line of stdout.

    Code in Node finds the AWS SDK, which AWS Lambda provides, in our `node_modules`.
    """
    in_node = any(folder.glob("*.js"))
    node = shutil.which("node")
    command = [str(node), "-e", _NODE] if in_node else [sys.executable, "-c", _PYTHON]
    if in_node and not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return subprocess.run(
        [*command, handler],
        cwd=folder,
        env=os.environ | environment | {"PYTHONPATH": str(folder)},
        input=json.dumps(event),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


@contextmanager
def cloudformation() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve the address to which custom resources answer; give it and the list of answers."""
    answers: list[dict[str, Any]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            length = int(self.headers["Content-Length"])
            answers.append(json.loads(self.rfile.read(length)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Answer) as port:
        yield f"http://127.0.0.1:{port}/answer", answers
