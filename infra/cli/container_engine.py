"""The container engine that builds the server's image."""

import os
import shutil
import subprocess
from typing import Final

ENGINE_VARIABLE: Final = "CDK_DOCKER"
"""The variable by which `cdk` takes another engine than Docker."""

_ENGINES: Final = ("docker", "finch", "podman")
_LONGEST_ANSWER_SECONDS: Final = 30


def find_engine() -> str | None:
    """Return the engine that the environment names, else the first that runs, or None."""
    if named := os.environ.get(ENGINE_VARIABLE):
        return named
    return next((path for name in _ENGINES if (path := shutil.which(name)) and _runs(path)), None)


def _runs(engine: str) -> bool:
    try:
        asked = subprocess.run(
            [engine, "info"], check=False, capture_output=True, timeout=_LONGEST_ANSWER_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0
