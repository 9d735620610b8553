"""The templates that `cdk synth` has written."""

import json
from pathlib import Path
from typing import Any, Final

from infra import ROOT

ASSEMBLY: Final = ROOT / ".local/cdk.out"
"""The folder to which a deploy writes the templates."""


def read_template(assembly: Path, stack: str) -> dict[str, Any]:
    """Return the template of a stack from the folder that `cdk` wrote."""
    template: dict[str, Any] = json.loads((assembly / f"{stack}.template.json").read_text())
    return template
