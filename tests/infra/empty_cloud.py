"""An empty cloud of our own for the commands: a moto server, and processes that call it."""

import subprocess
import sys
from functools import cache
from typing import Any

import requests
from local_stack.environment import CREDENTIALS, REGION, url

from infra import ROOT

NO_CREDENTIALS = {name: CREDENTIALS[name] for name in CREDENTIALS if "KEY" not in name}


def cloud() -> dict[str, str]:
    """Empty the cloud, and return the environment variables that lead to it."""
    endpoint = _endpoint()
    requests.post(f"{endpoint}/moto-api/reset", timeout=10).raise_for_status()
    return CREDENTIALS | {"AWS_REGION": REGION, "AWS_ENDPOINT_URL": endpoint}


@cache
def _endpoint() -> str:
    """Start the server, which ends with this process, and return its URL."""
    # Importing moto takes seconds, and not every process side by side runs these tests.
    from moto.cloudformation.responses import CloudFormationResponse
    from moto.core.responses import ActionResult
    from moto.server import ThreadedMotoServer

    def describe_type(_: CloudFormationResponse) -> ActionResult:
        """Answer that a resource type exists, which moto does not know of any."""
        return ActionResult({"Type": "RESOURCE"})

    cloudformation: Any = CloudFormationResponse  # its type does not allow the assignment
    cloudformation.describe_type = describe_type
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    return url(port)


def run(module: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours with this environment and nothing else."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={"PATH": "/nowhere", "HOME": "/nowhere", **variables},
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


def refusal(module: str, *arguments: str, **variables: str) -> str:
    """Return the one line on stderr with which a command ends that can't run."""
    ended = run(module, *arguments, **variables)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    (line,) = ended.stderr.splitlines()
    assert line.startswith("fib: ")
    return line


def create_stack(cloudformation: Any, stack: str, **outputs: str) -> None:
    """Create a stack that has only outputs."""
    lines = "".join(f"  {name}: {{Value: '{value}'}}\n" for name, value in outputs.items())
    template = "Resources:\n  Topic: {Type: AWS::SNS::Topic}\n"
    cloudformation.create_stack(
        StackName=stack, TemplateBody=template + (f"Outputs:\n{lines}" if lines else "")
    )
