"""Run the image as ECS does: with its user and command, a read-only root, and limits of size.

runc is the runtime under Docker and ECS. Here it gets the image's root and settings directly, and
it uses the host's network.
"""

import json
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_stack.programs import Program

from tests.image import image_without_engine
from tests.processes import Running, running

CPU_PERIOD_MICROSECONDS = 100_000
MEMORY_BYTES = 512 * 1024**2


@dataclass(frozen=True)
class Image:
    """An image that buildah has built."""

    name: str

    def config(self) -> dict[str, Any]:
        """Return what the Dockerfile said about how to run it."""
        described = output(
            [*image_without_engine.buildah(), "inspect", "--type", "image", self.name]
        )
        config: dict[str, Any] = json.loads(described)["Docker"]["config"]
        return config

    @contextmanager
    def mounted(self) -> Iterator[str]:
        """Give the folder where the image's files are."""
        program = image_without_engine.buildah()
        container = output([*program, "from", "--pull-never", self.name]).strip()
        try:
            yield output([*program, "mount", container]).strip()
        finally:
            output([*program, "rm", container])


@dataclass(frozen=True)
class Container:
    """The image, running under runc."""

    name: str
    process: Running
    runtime: list[str]

    def execute(self, *command: str) -> str:
        """Run a command inside, as the server's user; fail if it fails."""
        return output([*self.runtime, "exec", self.name, *command])

    def cgroup(self, controller: str, version_1: str, version_2: str) -> str:
        """Return a file of the container's cgroup, by its name in either version."""
        root = Path("/sys/fs/cgroup")
        split = root / controller / self.name / version_1
        return (split if split.exists() else root / self.name / version_2).read_text().strip()


@contextmanager
def run(built: Image, environment: Mapping[str, str], *, port: int) -> Iterator[Container]:
    """Run the image with these variables added, from when it listens on `port`."""
    runc = shutil.which("runc")
    assert runc
    name = f"fib-{uuid.uuid4().hex[:12]}"
    with tempfile.TemporaryDirectory() as folder, built.mounted() as root:
        runtime = [runc, "--root", f"{folder}/state"]
        config = specification(built.config(), root, environment, name)
        Path(folder, "config.json").write_text(json.dumps(config))
        program = Program(
            [*runtime, "run", "--bundle", folder, name], {"PATH": "/usr/sbin:/usr/bin"}
        )
        try:
            with running(program, port=port) as process:
                yield Container(name, process, runtime)
        finally:
            subprocess.run([*runtime, "delete", "--force", name], check=False, capture_output=True)


def specification(
    config: dict[str, Any], root: str, environment: Mapping[str, str], name: str
) -> dict[str, Any]:
    user, _, group = config["User"].partition(":")
    variables = [*config["Env"], *(f"{key}={value}" for key, value in environment.items())]
    shared = ["nosuid", "nodev", "noexec", "mode=1777"]
    lent = [
        {"destination": path, "type": "bind", "source": path, "options": ["bind", "ro"]}
        for path in ("/etc/hosts", "/etc/resolv.conf")
    ]
    return {
        "ociVersion": "1.0.2",
        "root": {"path": root, "readonly": True},
        "process": {
            "user": {"uid": int(user), "gid": int(group)},
            "args": [*(config["Entrypoint"] or []), *config["Cmd"]],
            "env": variables,
            "cwd": config["WorkingDir"] or "/",
            "noNewPrivileges": True,
            "capabilities": {},
        },
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": shared},
            *lent,
        ],
        "linux": {
            "cgroupsPath": f"/{name}",
            "resources": {
                "memory": {"limit": MEMORY_BYTES, "swap": MEMORY_BYTES},
                "cpu": {"quota": CPU_PERIOD_MICROSECONDS, "period": CPU_PERIOD_MICROSECONDS},
            },
            "namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")],
        },
    }


def output(command: list[str]) -> str:
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, f"{command}:\n{ended.stdout}{ended.stderr}"
    return ended.stdout
