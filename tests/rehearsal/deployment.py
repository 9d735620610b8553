"""Deploy a stage to the rehearsal's cloud by the real `cdk`, from a copy of the checkout."""

import json
import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Timer
from typing import Any, Final

from local_stack.environment import REGION, url

from infra import ROOT
from infra.cli import cdk
from infra.outputs import STACKS
from infra.stage import Stage
from tests.rehearsal.rehearsal_cloud import ACCOUNT, Cloud

STAGE: Final = Stage(name="rehearsal", alarm_email="ops@example.org", access_log=True)
_SETTINGS: Final = """
[rehearsal]
alarm_email = "ops@example.org"
access_log = true
"""
PREFIX_LIST: Final = "pl-rehearsal"
ZONES: Final = ("us-east-1b", "us-east-1c")
_APP: Final = ".venv/bin/python -m rehearsal_app"
# `cdk` would wait for ever for a custom resource that does not answer.
_LIMIT_SECONDS: Final = 180
_SOURCES: Final = (
    *(".dockerignore", "cdk.json", "pyproject.toml", "uv.lock"),
    *("infra", "packages", "site"),
)
# This program takes the place of Docker. It says that the image does not exist yet, and otherwise
# succeeds at everything.
_ENGINE: Final = """#!/bin/sh
echo "$*" >> "$0.log"
test "$1" != inspect
"""
_TOLD: Final = ("✅", "❌", "✨  Synthesis")


class Deployment:
    """A copy of the checkout, and the deploys from it.

    Args:
        cloud: The server to deploy to.
        folder: An empty folder for the copy and for what the deploys write.
    """

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud = cloud
        self.checkout = folder / "checkout"
        self._assembly = folder / "cdk.out"
        self._outputs = folder / "outputs.json"
        self._engine = folder / "engine"
        self._engine.write_text(_ENGINE)
        self._engine.chmod(0o755)
        self.checkout.mkdir()
        for name in _SOURCES:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, self.checkout / name)
        (self.checkout / ".venv").symlink_to(ROOT / ".venv")
        shutil.copy(ROOT / "tests/rehearsal/rehearsal_app.py", self.checkout)
        with (self.checkout / "infra/stages.toml").open("a") as settings:
            settings.write(_SETTINGS)

    def begin(self) -> None:
        """Bootstrap the account and deploy all stacks."""
        with ThreadPoolExecutor() as pool:
            bootstrap = pool.submit(self._cdk, "bootstrap", f"aws://{ACCOUNT}/{REGION}")
            self._cdk("synth", "--all", "--quiet", *self._context(), "--output", self._assembly)
            bootstrap.result()
        self._deploy("--app", self._assembly)

    def again(self) -> str:
        """Deploy all stacks from the copy as it is now, and return what `cdk` wrote."""
        print("\nthe same stage again", flush=True)
        return self._deploy("--output", self._assembly.with_name("again.out"), *self._context())

    def destroy(self, *stacks: str) -> None:
        """Delete these stacks and no others, from the templates of the first deploy."""
        print("\ndelete the stage", flush=True)
        names = [STAGE.stack_name(stack) for stack in stacks]
        self._cdk("destroy", *names, "--exclusively", "--force", "--app", self._assembly)

    def outputs(self, stack: str) -> dict[str, str]:
        """Return the outputs of a stack, as `cdk` wrote them."""
        outputs: dict[str, dict[str, str]] = json.loads(self._outputs.read_text())
        return outputs[STAGE.stack_name(stack)]

    def kinds(self, stack: str) -> set[str]:
        """Return the types of the resources that a stack has in its template."""
        return {each["Type"] for each in self._template(stack)["Resources"].values()}

    def physical_id(self, stack: str, kind: str) -> str:
        """Return the name in the cloud of a stack's only resource of a type."""
        (found,) = self.physical_ids(stack, kind)
        return found

    def physical_ids(self, stack: str, kind: str) -> list[str]:
        """Return the names in the cloud of a stack's resources of a type."""
        resources = self._asked("describe_stack_resources", stack)["StackResources"]
        found = (each for each in resources if each.get("ResourceType") == kind)
        return [each["PhysicalResourceId"] for each in found]

    def last_changes(self) -> dict[str, str]:
        """Return the id of each stack's last event."""
        return {
            stack: self._asked("describe_stack_events", stack)["StackEvents"][0]["EventId"]
            for stack in STACKS
        }

    def _template(self, stack: str) -> dict[str, Any]:
        template = self._assembly / f"{STAGE.stack_name(stack)}.template.json"
        read: dict[str, Any] = json.loads(template.read_text())
        return read

    def _asked(self, operation: str, stack: str) -> dict[str, Any]:
        ask = getattr(self.cloud.client("cloudformation"), operation)
        answer: dict[str, Any] = ask(StackName=STAGE.stack_name(stack))
        return answer

    def ask_custom_resource(self, stack: str, kind: str, request_type: str) -> None:
        """Call the function of a stack's only custom resource of a type, as CloudFormation does."""
        (described,) = self._asked("describe_stacks", stack)["Stacks"]
        answers = f"{url(self.cloud.port)}/cloudformation_{REGION}/cfnresponse"
        template = self._template(stack)["Resources"]
        ((name, resource),) = [(n, each) for n, each in template.items() if each["Type"] == kind]
        created = {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for each in self._asked("describe_stack_resources", stack)["StackResources"]
            # moto does not know both for what it skips.
            if {"LogicalResourceId", "PhysicalResourceId"} <= set(each)
        }
        token = resource["Properties"]["ServiceToken"]["Fn::GetAtt"][0]
        event = {
            "RequestType": request_type,
            "ResponseURL": f"{answers}?stack={described['StackId']}",
            "StackId": described["StackId"],
            "RequestId": request_type,
            "LogicalResourceId": name,
            "PhysicalResourceId": created.get(name, name),
            "ResourceProperties": {
                key: created.get(value["Ref"], "") if "Ref" in value else ""
                for key, value in resource["Properties"].items()
            },
        }
        asked = self.cloud.client("lambda").invoke(
            FunctionName=created[token], Payload=json.dumps(event)
        )
        assert "FunctionError" not in asked, self.cloud.faults()

    def asked_of_the_engine(self) -> list[str]:
        """Return the commands that `cdk` gave to the program in Docker's place."""
        return self._engine.with_suffix(".log").read_text().splitlines()

    def _context(self) -> tuple[str, ...]:
        context = {
            "stage": STAGE.name,
            "cloudfront_prefix_list": PREFIX_LIST,
            "availability_zones": ",".join(ZONES),
        }
        arguments = [("--context", f"{name}={value}") for name, value in context.items()]
        return ("--app", _APP, *(part for pair in arguments for part in pair))

    def _deploy(self, *arguments: str | Path) -> str:
        # moto has no change sets of more than one resource.
        how = ("--all", "--require-approval", "never", "--method", "direct")
        return self._cdk("deploy", *how, "--outputs-file", self._outputs, *arguments)

    def _cdk(self, command: str, *arguments: str | Path) -> str:
        """Run `cdk` and print its progress; on a failure, show everything that it wrote."""
        started = time.monotonic()
        variables = {
            "CDK_DOCKER": str(self._engine),
            "CDK_HOME": str(self._engine.with_name("home")),
            "PATH": cdk.environment()["PATH"],
        }
        process = subprocess.Popen(
            cdk.command(command, *map(str, arguments), "--no-notices", "--no-color"),
            cwd=self.checkout,
            env=self.cloud.environment() | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        limit = Timer(_LIMIT_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        limit.start()
        written = []
        with process:
            for line in process.stdout or ():
                written.append(line)
                if line.startswith(_TOLD):
                    print(f"  {command:9} {line.strip()}", flush=True)
        limit.cancel()
        took = f"cdk {command}: {time.monotonic() - started:.0f} s"
        print(f"  {took}", flush=True)
        told = "".join(written)
        assert process.returncode == 0, f"{took}\n{told}\n{self.cloud.faults()}"
        return told
