"""The templates that `cdk synth` has written."""

import json
from pathlib import Path
from typing import Any, Final

from infra import ROOT

ASSEMBLY: Final = ROOT / json.loads((ROOT / "cdk.json").read_text())["output"]
"""The folder to which `cdk` writes the templates, by `cdk.json`."""


def read_template(assembly: Path, stack: str) -> dict[str, Any]:
    """Return the template of a stack from the folder that `cdk` wrote."""
    template: dict[str, Any] = json.loads((assembly / f"{stack}.template.json").read_text())
    return template
