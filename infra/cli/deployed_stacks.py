"""What CloudFormation knows about a stage's stacks."""

import json
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import ClientError

from infra.cli.command_errors import NotDeployed


class DeployedStack(NamedTuple):
    """A stack as it is deployed.

    Attributes:
        status: CloudFormation's status, for instance `UPDATE_COMPLETE`.
        outputs: The outputs by name.
    """

    status: str
    outputs: dict[str, str]


def find_stack(session: boto3.Session, stack: str) -> DeployedStack:
    """Return a stack.

    Raises:
        NotDeployed: There is no such stack.
    """
    try:
        described = session.client("cloudformation").describe_stacks(StackName=stack)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise NotDeployed(f"there is no stack {stack} in {session.region_name}") from error
    (found,) = described["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    return DeployedStack(found["StackStatus"], outputs)


def find_template(session: boto3.Session, stack: str) -> dict[str, Any]:
    """Return a stack's template, or an empty one if there is no such stack."""
    try:
        answer = session.client("cloudformation").get_template(StackName=stack)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return {"Resources": {}}
    body = answer["TemplateBody"]
    template: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
    return template
