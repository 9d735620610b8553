"""The CDK app: reads what the command line sets and puts the four stacks together.

`python -m infra.app` writes the CloudFormation templates; `cdk` calls it by `cdk.json`.
"""

import os
import sys
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

NO_PREFIX_LIST = "pl-00000000"
"""Stands in templates that are not deployed; CloudFormation refuses it."""

# How CDK itself behaves, in templates that are deployed and in those that are tested alike.
_FEATURE_FLAGS: Final = {
    "@aws-cdk/aws-iam:minimizePolicies": True,
    # A stack can't take away what another one still uses.
    "@aws-cdk/core:defaultCrossStackReferences": "strong",
}


def create_app(**context: Any) -> App:
    """Return an app in which nothing is yet; the command line's context comes on top."""
    return App(
        context=_FEATURE_FLAGS | context,
        # moto knows no SSM parameter of the bootstrap when it updates a stack.
        default_stack_synthesizer=DefaultStackSynthesizer(
            generate_bootstrap_version_rule=not os.environ.get("FIB_REHEARSAL")
        ),
    )


def build(app: App) -> None:
    """Put the stacks of one stage into `app`, by its context.

    Context: `stage`; `cloudfront_prefix_list`, the id of AWS's list of CloudFront's addresses;
    `domain` and `hosted_zone`, for an address of one's own; `reserved_concurrency` of the function.

    Raises:
        ValueError: One of them can't be.
    """
    stage = Stage.named(_text(app, "stage"))
    storage = StorageStack(app, stage=stage)
    function = ApiGatewayStack(
        app,
        stage=stage,
        storage=storage,
        reserved_concurrency=_number(app, "reserved_concurrency"),
    )
    server = EcsStack(
        app,
        stage=stage,
        storage=storage,
        cloudfront_prefix_list=_text(app, "cloudfront_prefix_list") or NO_PREFIX_LIST,
    )
    domain = CustomDomain.configured(
        _text(app, "domain"),
        _text(app, "hosted_zone"),
        region=os.environ.get("CDK_DEFAULT_REGION", CERTIFICATE_REGION),
    )
    website = WebsiteStack(app, stage=stage, function=function, server=server, domain=domain)
    Monitoring(website, metrics=CounterMetrics(storage=storage, function=function, server=server))
    Tags.of(app).add("application", APPLICATION)
    Tags.of(app).add("stage", stage.name)


def _text(app: App, name: str) -> str:
    value: str | None = app.node.try_get_context(name)
    return value or ""


def _number(app: App, name: str) -> int | None:
    text = _text(app, name)
    if text and not text.isdecimal():
        raise ValueError(f"{name} is a whole number, not {text!r}")
    return int(text) if text else None


if __name__ == "__main__":
    app = create_app()
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        build(app)
    except ValueError as fault:
        sys.exit(f"fib: {fault}")
    try:
        app.synth()
    except RuntimeError as fault:
        if not str(fault).startswith("ValidationFailed"):
            raise
        sys.exit(
            "fib: a finding is mended, or has its reason beside its resource (infra.nag_suppressions)"
        )
