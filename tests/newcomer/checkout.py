"""A new checkout in a separate folder, and `make` in it as a newcomer runs it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.checkout_files import ROOT, checkout_files

LONGEST_SET_UP_SECONDS = 300
_OURS = ("MAKE", "MFLAGS", "PYTHON", "UV_", "VIRTUAL_ENV")
"""What our own `make` and its Python leave in the environment."""


def without_our_make(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what our own `make` and its Python leave in it."""
    return {name: value for name, value in environment.items() if not name.startswith(_OURS)}


@dataclass
class Made:
    """A `make` that has ended.

    Attributes:
        status: Its exit status.
        lines: What it printed, without make's own last line about a failed recipe.
    """

    status: int
    lines: list[str]


@dataclass
class Checkout:
    """A checkout that nobody has set up yet.

    Attributes:
        root: Its folder.
        environment: What `make` gets; changes add to it.
    """

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    def make(self, *arguments: str, **variables: str) -> Made:
        """Run `make` with these arguments and further variables."""
        ended = subprocess.run(
            ["make", *arguments],
            cwd=self.root,
            env=self.environment | variables,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LONGEST_SET_UP_SECONDS,
        )
        lines = ended.stdout.decode(errors="replace").splitlines()
        return Made(ended.returncode, [line for line in lines if not line.startswith("make: ")])

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `make` in a process group of its own."""
        return subprocess.Popen(
            ["make", *arguments],
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def imports(self, *modules: str) -> bool:
        """Tell whether the checkout's own environment has these modules."""
        program = f"import {', '.join(modules)}"
        command = [str(self.venv / "bin/python"), "-I", "-c", program]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0


def copy_checkout(root: Path, variables: Mapping[str, str] | None = None) -> Checkout:
    """Copy this checkout's files to a new folder, as a clone or a zip download would be."""
    for name in checkout_files():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    inherited = without_our_make(os.environ)
    folders = inherited["PATH"].split(os.pathsep)
    path = os.pathsep.join(folder for folder in folders if not folder.startswith(str(ROOT)))
    return Checkout(root, {**inherited, "PATH": path, **(variables or {})})


def without_pip(venv: Path) -> None:
    """Leave what Debian's Python without python3-venv leaves, and so does Ctrl-C."""
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").symlink_to(sys.executable)
    (venv / "bin/python3").symlink_to("python")
    (venv / "pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix) / 'bin'}\n")
