"""The container engine of this machine; `python -m local_stack.container_engine` prints it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

DOCKERFILE: Final = Path(__file__).parents[4] / "packages/server_api/Dockerfile"
_LONGEST_PULL_SECONDS: Final = 300


class NoEngine(Exception):
    """No container engine can build the image; the text says what to do."""


def registry_base() -> str:
    """Return the base image that the Dockerfile names.

    Raises:
        NoEngine: It names none.
    """
    named = re.search(r"^ARG BASE=(\S+)$", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    if not named:
        raise NoEngine(f"{DOCKERFILE} names no BASE")
    return named[1]


def find_engine(*, with_buildah: bool = False) -> str | None:
    """Return the path of the first container engine that works, or None.

    Args:
        with_buildah: Whether buildah will do, which builds images but runs no container.
    """
    # Podman and buildah have no daemon to ask: they work if they can fetch the base.
    questions = {
        "docker": ["info"],
        "finch": ["info"],
        "podman": ["pull", "--quiet", registry_base()],
    }
    if with_buildah:
        questions["buildah"] = ["pull", "--quiet", registry_base()]
    for name, question in questions.items():
        path = shutil.which(name)
        if path and succeeds([path, *question]):
            return path
    return None


def succeeds(command: list[str]) -> bool:
    """Tell whether a command ends with status 0, and in time for a slow download."""
    try:
        ended = subprocess.run(
            command, check=False, capture_output=True, timeout=_LONGEST_PULL_SECONDS
        )
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode == 0


def main() -> None:
    """Print the path of an engine that can build the image."""
    engine = find_engine(with_buildah=True)
    if not engine:
        sys.exit(
            "fib: no image: no container engine works here; start Docker or Finch, or install "
            "podman or buildah (on Debian and Ubuntu: sudo apt-get install buildah), which have to "
            f"reach the registry of {registry_base()}"
        )
    print(engine)


if __name__ == "__main__":
    main()
