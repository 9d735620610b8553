"""The stacks of a stage as CloudFormation templates."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.app import build, create_app
from infra.outputs import STACKS

Resources = list[dict[str, Any]]


def as_text(value: Any) -> str:
    """Return what CloudFormation would put together, an attribute of a resource by its name."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(as_text(part) for part in parts)
        case {"Fn::GetAtt": [_, attribute]}:
            return str(attribute)
        case {"Ref": name} | {"Fn::ImportValue": name}:
            return str(name)
    return str(value)


class Templates:
    """The templates of one stage.

    Args:
        stage: Its name.
        context: What else the command line sets.
    """

    def __init__(self, stage: str, **context: str) -> None:
        app = create_app(
            stage=stage,
            cloudfront_prefix_list="pl-cloudfront",
            # The functions' code is tested as a package of its own.
            **{"aws:cdk:bundling-stacks": []},
            **context,
        )
        build(app)
        assembly = app.synth()
        self.folder = Path(assembly.directory)
        self._templates: dict[str, dict[str, Any]] = {
            name: assembly.get_stack_by_name(f"fib-{stage}-{name}").template for name in STACKS
        }

    def of(self, kind: str, *, stack: str | None = None) -> Resources:
        """Return all resources of a type, of one stack or of all."""
        return [
            resource
            for name, template in self._templates.items()
            if stack in (None, name)
            for resource in template["Resources"].values()
            if resource["Type"] == kind
        ]

    def one(self, kind: str, *, stack: str | None = None) -> dict[str, Any]:
        """Return the properties of the only resource of a type."""
        (resource,) = self.of(kind, stack=stack)
        properties: dict[str, Any] = resource["Properties"]
        return properties

    def outputs(self, stack: str) -> dict[str, str]:
        """Return a stack's outputs by name, but for those by which stacks hand things on."""
        return {
            name: as_text(output["Value"])
            for name, output in self._templates[stack].get("Outputs", {}).items()
            if "Export" not in output
        }


@pytest.fixture(scope="session")
def templates_of() -> Callable[..., Templates]:
    """Synthesize a stage, once."""
    return cache(Templates)


@pytest.fixture
def dev(templates_of: Callable[..., Templates]) -> Templates:
    """A stage that is thrown away."""
    return templates_of("dev")


@pytest.fixture
def prod(templates_of: Callable[..., Templates]) -> Templates:
    """The stage whose data is kept."""
    return templates_of("prod")
