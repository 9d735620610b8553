"""CloudFront's network interfaces in a stage's network, which outlive the VPC origin a while."""

import time
from collections.abc import Callable

from infra import outputs
from infra.cli.account import Account
from infra.stage import Stage

LONGEST_WAIT_SECONDS = 15 * 60
_PERIOD_SECONDS = 15


def wait_until_gone(
    account: Account, stage: Stage, *, sleep: Callable[[float], None] = time.sleep
) -> bool:
    """Wait until no network interface is left in the stage's network.

    Args:
        account: Where the stage is.
        stage: The stage whose deletion failed.
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
    cloudformation = account.client("cloudformation")
    try:
        resources = cloudformation.describe_stack_resources(
            StackName=stage.stack_name(outputs.ECS)
        )["StackResources"]
    except cloudformation.exceptions.ClientError:
        return []  # the stack is gone already
    return [
        each["PhysicalResourceId"]
        for each in resources
        if each["ResourceType"] == "AWS::EC2::VPC" and each["ResourceStatus"] != "DELETE_COMPLETE"
    ]
