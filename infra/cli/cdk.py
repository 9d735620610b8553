"""The AWS CDK command line from `node_modules`: `python -m infra.cli.cdk synth`.

`package.json` pins its version, because npm's latest release does not read the assemblies that our
version of aws-cdk-lib writes.
"""

import os
import sys
from pathlib import Path
from typing import Final

from infra import ROOT
from infra.cli.command_errors import CannotRun, ends_in_one_line

_NODE: Final = Path(sys.executable).with_name("node")
_CDK: Final = ROOT / "node_modules/aws-cdk/bin/cdk"


def command(*arguments: str) -> list[str]:
    """Return the command that runs `cdk` with these arguments.

    Raises:
        CannotRun: Node or `cdk` is not installed.
    """
    for program in (_NODE, _CDK):
        if not program.exists():
            raise CannotRun(f"{program} is missing: run `make diff`, which installs it")
    return [str(_NODE), str(_CDK), *arguments]


def environment() -> dict[str, str]:
    """Return this process's environment, with the virtual environment's Node first on PATH.

    The CDK's constructs run in the Node that is first on PATH, too.
    """
    return os.environ | {
        "PATH": f"{_NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        # `package.json` pins the version, and newer versions do not fit.
        "CDK_DISABLE_VERSION_CHECK": "true",
    }


if __name__ == "__main__":
    # Replace this process, so that Ctrl-C and the exit status are those of `cdk`.
    with ends_in_one_line():
        os.execve(_NODE, command(*sys.argv[1:]), environment())  # noqa: S606 - a list, no shell wanted
