"""The stacks of a stage as CloudFormation templates."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.loaders import create_loader

from infra.app import build, create_app
from infra.outputs import STACKS
from infra.stage import Stage

NO_BUNDLING: dict[str, Any] = {"aws:cdk:bundling-stacks": []}
"""Context that leaves out the functions' code, which is tested as a package of its own."""

Resources = list[dict[str, Any]]


def as_text(value: Any) -> str:
    """Return the text that CloudFormation would join, with attributes by their names."""
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
        availability_zones: The names of two zones, with a comma between them.
        settings: Settings of the stage; without any, those of `stages.toml`.
    """

    def __init__(self, stage: str, *, availability_zones: str = "", **settings: Any) -> None:
        app = create_app(
            NO_BUNDLING
            | {
                "cloudfront_prefix_list": "pl-cloudfront",
                "availability_zones": availability_zones,
            }
        )
        build(app, Stage(name=stage, **settings) if settings else Stage.load(stage))
        assembly = app.synth()
        self.folder = Path(assembly.directory)
        self._templates: dict[str, dict[str, Any]] = {
            name: assembly.get_stack_by_name(f"fib-{stage}-{name}").template for name in STACKS
        }

    def of(self, kind: str, *, stack: str | None = None) -> Resources:
        """Return all resources of a type, of one stack or of all stacks."""
        return [
            resource
            for name, template in self._templates.items()
            if stack in (None, name)
            for resource in template["Resources"].values()
            if resource["Type"] == kind
        ]

    def of_prefix(self, prefix: str, *, stack: str) -> Resources:
        """Return all resources of a stack whose type begins with `prefix`."""
        return [each for each in self.resources(stack).values() if each["Type"].startswith(prefix)]

    def resources(self, stack: str) -> dict[str, dict[str, Any]]:
        """Return a stack's resources by logical id."""
        resources: dict[str, dict[str, Any]] = self._templates[stack]["Resources"]
        return resources

    def one(self, kind: str, *, stack: str | None = None) -> dict[str, Any]:
        """Return the properties of the only resource of a type."""
        (resource,) = self.of(kind, stack=stack)
        properties: dict[str, Any] = resource["Properties"]
        return properties

    def manifest(self) -> dict[str, Any]:
        """Return the assembly's manifest, by which `cdk deploy` works."""
        manifest: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text())
        return manifest

    def raw_outputs(self, stack: str) -> dict[str, dict[str, Any]]:
        """Return a stack's outputs as the template has them, with those that others import."""
        outputs: dict[str, dict[str, Any]] = self._templates[stack].get("Outputs", {})
        return outputs

    def outputs(self, stack: str) -> dict[str, str]:
        """Return a stack's outputs by name, without those that other stacks import."""
        return {
            name: as_text(output["Value"])
            for name, output in self.raw_outputs(stack).items()
            if "Export" not in output
        }


@pytest.fixture(scope="session", autouse=True)
def api_models_are_loaded_once() -> Iterator[None]:
    """Keep botocore's description of each AWS API, which takes half a second for EC2's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(create_loader))
        yield


@pytest.fixture(scope="session")
def templates_of() -> Callable[..., Templates]:
    """Synthesize a stage, once."""
    return cache(Templates)


@pytest.fixture
def dev(templates_of: Callable[..., Templates]) -> Templates:
    """A stage that keeps no data."""
    return templates_of("dev")


@pytest.fixture
def prod(templates_of: Callable[..., Templates]) -> Templates:
    """The stage that keeps its data."""
    return templates_of("prod")
