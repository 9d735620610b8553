"""The `cdk` command at the version that reads what aws-cdk-lib writes: `python -m infra.cdk_cli`.

npm's latest is a line of its own, which does not read the assemblies of ours.
"""

import os
import sys
from pathlib import Path
from typing import Final

from local_stack.npm_package import NpmPackage

# It brings its own dependencies in its tarball.
_PACKAGE: Final = NpmPackage(
    name="aws-cdk",
    version="2.1148.1",
    sha512=(
        "K3d02L17IwmAuiBWNuX1DzYhKUs9GrKYI7bZnGJfJ1bKz9ymXFxfudBOL3rUb8JAusDNSULiQU2fsJH7kyY2XA=="
    ),
    size="8 MB",
)
_NODE: Final = Path(sys.executable).with_name("node")


def command(*arguments: str) -> list[str]:
    """Return the command that runs `cdk`, fetching it where it is not cached yet.

    Raises:
        RuntimeError: What npm gave is not the package expected.
        subprocess.CalledProcessError: npm could not fetch it.
    """
    return [str(_NODE), str(_PACKAGE.fetch("cdk") / "bin" / "cdk"), *arguments]


def environment() -> dict[str, str]:
    """Return this process's environment with the Node that comes with our packages first on PATH.

    The app's constructs run in the Node that is first there, too.
    """
    return os.environ | {
        "PATH": f"{_NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        # The version is pinned here, and what is newer does not fit.
        "CDK_DISABLE_VERSION_CHECK": "true",
    }


if __name__ == "__main__":
    # In this process's place, so that Ctrl-C and the exit status are cdk's.
    os.execve(_NODE, command(*sys.argv[1:]), environment())  # noqa: S606 - a list, no shell wanted
