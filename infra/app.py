"""The CDK app: puts the four stacks of a stage together.

`python -m infra.app` writes the CloudFormation templates. The `cdk` command runs it by `cdk.json`.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aws_cdk import App, DefaultStackSynthesizer, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from infra.components.custom_domain import CERTIFICATE_REGION, CustomDomain
from infra.monitoring.metrics import CounterMetrics
from infra.monitoring.monitoring import Monitoring
from infra.stacks.api_gateway import ApiGatewayStack
from infra.stacks.ecs import EcsStack
from infra.stacks.storage import StorageStack
from infra.stacks.website import WebsiteStack
from infra.stage import APPLICATION, Stage

NO_PREFIX_LIST: Final = "pl-00000000"
"""A placeholder in templates that are not deployed. CloudFormation refuses it."""

# Settings of the CDK itself, the same for templates that are deployed and for those under test.
_FEATURE_FLAGS: Final = {
    "@aws-cdk/aws-iam:minimizePolicies": True,
    # A stack can't remove what another stack still uses.
    "@aws-cdk/core:defaultCrossStackReferences": "strong",
}
# CloudFormation copies a stack's tags to all of its resources, and CloudFront answers 409 to any
# change of a VPC origin in use. So neither has tags; all other resources have.
_NEVER_TAGGED: Final = ("aws:cdk:stack", "AWS::CloudFront::VpcOrigin")
_VALIDATION_REPORT: Final = "validation-report.json"


def create_app(
    context: Mapping[str, Any] | None = None,
    *,
    synthesizer: DefaultStackSynthesizer | None = None,
) -> App:
    """Return an empty app.

    Args:
        context: What the command line could set by `--context`.
        synthesizer: How the stacks are deployed; None for the CDK's default.
    """
    return App(context={**_FEATURE_FLAGS, **(context or {})}, default_stack_synthesizer=synthesizer)


def build(app: App, stage: Stage) -> None:
    """Put the stacks of a stage into `app`.

    The app's context holds two facts of the account, which `infra.cli.deploy` looks up:
    `cloudfront_prefix_list`, the id of AWS's list of CloudFront's addresses, and
    `availability_zones`, the names of two zones.

    Raises:
        ValueError: The stage can't be deployed with these settings or in this region.
    """
    region = os.environ.get("CDK_DEFAULT_REGION", CERTIFICATE_REGION)
    zones = _text(app, "availability_zones")
    storage = StorageStack(app, stage=stage)
    api_gateway = ApiGatewayStack(app, stage=stage, storage=storage)
    ecs = EcsStack(
        app,
        stage=stage,
        storage=storage,
        cloudfront_prefix_list=_text(app, "cloudfront_prefix_list") or NO_PREFIX_LIST,
        availability_zones=zones.split(",") if zones else [],
    )
    website = WebsiteStack(
        app,
        stage=stage,
        api_gateway=api_gateway,
        ecs=ecs,
        domain=CustomDomain.of_stage(stage, region=region),
    )
    metrics = CounterMetrics(storage=storage, api_gateway=api_gateway, ecs=ecs, website=website)
    Monitoring(website, stage=stage, metrics=metrics, region=region)
    for key, value in {"application": APPLICATION, "stage": stage.name}.items():
        Tags.of(app).add(key, value, exclude_resource_types=list(_NEVER_TAGGED))


def _text(app: App, name: str) -> str:
    value: str | None = app.node.try_get_context(name)
    return value or ""


def _has_problems(report: Path) -> bool:
    """Tell whether the validation report says that cdk-nag found a problem."""
    if not report.exists():
        return False
    plugins = json.loads(report.read_text())["pluginReports"]
    return any(each["conclusion"] == "failure" for each in plugins)


def main(synthesizer: DefaultStackSynthesizer | None = None) -> None:
    """Write the templates of the stage that the context names; end in one line if that fails."""
    try:
        _write_templates(synthesizer)
    # Node runs the CDK, and its errors come as RuntimeErrors whose traces show nothing of Node.
    except (ValueError, OSError, RuntimeError) as fault:
        sys.exit(f"fib: can't write the templates: {' '.join(str(fault).split())}")


def _write_templates(synthesizer: DefaultStackSynthesizer | None) -> None:
    app = create_app(synthesizer=synthesizer)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    report = Path(app.outdir) / _VALIDATION_REPORT
    report.unlink(missing_ok=True)
    build(app, Stage.load(_text(app, "stage")))
    try:
        app.synth()
    except RuntimeError as fault:
        if not _has_problems(report):
            raise
        raise ValueError(
            "cdk-nag reports problems: fix them, or suppress each with a reason "
            "(infra/nag_suppressions.py)"
        ) from fault


if __name__ == "__main__":
    main()
