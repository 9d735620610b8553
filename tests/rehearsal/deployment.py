"""Our stacks in a cloud, by the real `cdk` command, from a copy of the checkout."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from threading import Timer
from typing import Any

from infra import cdk_cli
from infra.function_code import ROOT

from tests.rehearsal.cloud import ACCOUNT, Cloud
from local_stack.environment import REGION

STAGE = "rehearsal"
# A custom resource that gives no answer would be waited for for ever.
LIMIT_SECONDS = 120
_SOURCES = (".dockerignore", "cdk.json", "infra", "packages", "pyproject.toml", "site", "uv.lock")
# It says no to whether the image is there, and yes to building and pushing it.
_ENGINE = """#!/bin/sh
echo "$*" >> "$0.log"
test "$1" != inspect
"""


class Deployment:
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
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self.checkout / name)
            else:
                shutil.copy(ROOT / name, self.checkout)
        (self.checkout / ".venv").symlink_to(ROOT / ".venv")

    def bootstrap(self) -> str:
        return self._cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}")

    def deploy(self, *arguments: str) -> str:
        shutil.rmtree(self._assembly, ignore_errors=True)
        return self._cdk(
            *("deploy", "--all", "--require-approval", "never", "--method", "direct"),
            *("--outputs-file", str(self._outputs), "--output", str(self._assembly)),
            *("--context", f"stage={STAGE}", *arguments),
        )

    def _cdk(self, *arguments: str) -> str:
        started = time.monotonic()
        process = subprocess.Popen(
            cdk_cli.command(*arguments, "--no-notices", "--no-color"),
            cwd=self.checkout,
            env=self.cloud.environment
            | {
                "PATH": cdk_cli.environment()["PATH"],
                "CDK_DOCKER": str(self._engine),
                "CDK_HOME": str(self._engine.with_name("home")),
                "FIB_REHEARSAL": "1",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        limit = Timer(LIMIT_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        limit.start()
        lines = []
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
        status = process.wait()
        limit.cancel()
        print(f"cdk {arguments[0]}: {time.monotonic() - started:.0f} s", flush=True)
        assert status == 0, self.cloud.process.output()[-4000:]
        return "".join(lines)
