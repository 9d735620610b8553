"""CloudFront's network interfaces in a stage's network, which outlive the VPC origin a while."""

import time
from collections.abc import Callable

from infra import outputs
from infra.cli.account import Account
from infra.cli.command_errors import NotDeployed
from infra.cli.deployed_stacks import find_stack
from infra.stage import Stage

LONGEST_WAIT_SECONDS = 15 * 60
_PERIOD_SECONDS = 15


def is_network_stuck(account: Account, stage: Stage) -> bool:
    """Tell whether the deletion of the stage's network began and failed."""
    try:
        return find_stack(account.session, stage.stack_name(outputs.ECS)).status == "DELETE_FAILED"
    except NotDeployed:
        return False


def wait_until_gone(
    account: Account, stage: Stage, *, sleep: Callable[[float], None] = time.sleep
) -> bool:
    """Wait until no network interface is left in the stage's network.

    Args:
        account: Where the stage is.
        stage: The stage whose network could not be deleted.
        sleep: Waits for so many seconds.

    Returns:
        Whether a second try makes sense: the network is still there, without interfaces.
    """
    networks = _networks(account, stage)
    ec2 = account.client("ec2")
    filters = [{"Name": "vpc-id", "Values": networks}]
    waited = 0
    while networks and (
        left := len(ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"])
    ):
        if waited == 0:
            print(f"waiting until {left} network interfaces are removed …", flush=True)
        if waited >= LONGEST_WAIT_SECONDS:
            return False
        sleep(_PERIOD_SECONDS)
        waited += _PERIOD_SECONDS
    return bool(networks)


def _networks(account: Account, stage: Stage) -> list[str]:
    described = account.client("cloudformation").describe_stack_resources(
        StackName=stage.stack_name(outputs.ECS)
    )
    return [
        each["PhysicalResourceId"]
        for each in described["StackResources"]
        if each["ResourceType"] == "AWS::EC2::VPC" and each["ResourceStatus"] != "DELETE_COMPLETE"
    ]
