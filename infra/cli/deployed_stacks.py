"""What CloudFormation knows about a stage's stacks."""

from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from infra.cli.account import Account
from infra.cli.command_errors import CannotRun, NotDeployed

FIRST_DEPLOY_FAILED: Final = "ROLLBACK_COMPLETE"
"""The status of a stack whose first deploy failed. `cdk` deletes it and creates it again."""

NOT_CREATED: Final = "REVIEW_IN_PROGRESS"
"""The status of a stack for which a change set was prepared, and nothing else."""


class DeployedStack(NamedTuple):
    """A stack as it is deployed.

    Attributes:
        status: CloudFormation's status, for instance `UPDATE_COMPLETE`.
        outputs: The outputs by name.
        protected: Whether CloudFormation refuses to delete it.
    """

    status: str
    outputs: dict[str, str]
    protected: bool


def find_stack(account: Account, stack: str) -> DeployedStack:
    """Return a stack.

    Raises:
        NotDeployed: There is no such stack.
    """
    try:
        described = account.client("cloudformation").describe_stacks(StackName=stack)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise NotDeployed(f"there is no stack {stack} in {account.region}") from error
    (found,) = described["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    protected = found.get("EnableTerminationProtection", False)
    return DeployedStack(found["StackStatus"], outputs, protected)


def is_deployed(account: Account, stack: str) -> bool:
    """Tell whether there is such a stack with resources in it."""
    try:
        return find_stack(account, stack).status not in (FIRST_DEPLOY_FAILED, NOT_CREATED)
    except NotDeployed:
        return False


def find_template(account: Account, stack: str) -> dict[str, Any]:
    """Return a stack's template, or an empty one if there is no such stack with resources.

    Raises:
        CannotRun: The template is not JSON.
    """
    if not is_deployed(account, stack):
        return {"Resources": {}}
    body = account.client("cloudformation").get_template(StackName=stack)["TemplateBody"]
    # boto3 parses a template that is JSON, and returns any other one as text.
    if body and isinstance(body, str):
        raise CannotRun(f"the stack {stack} is not one of `cdk`: delete it, or use another stage")
    template: dict[str, Any] = body or {"Resources": {}}
    return template
