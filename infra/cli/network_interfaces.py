"""What CloudFront leaves in a stage's network for some minutes after the VPC origin is deleted."""

import time
from collections.abc import Callable
from typing import Final

from infra import outputs
from infra.cli.account import Account
from infra.cli.command_errors import NotDeployed
from infra.cli.deployed_stacks import find_stack
from infra.stage import Stage

LONGEST_WAIT_SECONDS: Final = 15 * 60
_PERIOD_SECONDS: Final = 15
# CloudFront gives this tag to its network interfaces, and this name to its security group.
_INTERFACE_TAG: Final = "aws.cloudfront.vpcorigin"
_SECURITY_GROUP: Final = "CloudFront-VPCOrigins-Service-SG"


def is_network_stuck(account: Account, stage: Stage) -> bool:
    """Tell whether the deletion of the stage's network began and failed."""
    try:
        return find_stack(account, stage.stack_name(outputs.ECS)).status == "DELETE_FAILED"
    except NotDeployed:
        return False


def wait_until_gone(
    account: Account, stage: Stage, *, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Wait until CloudFront has left the stage's network, but a quarter of an hour at most.

    Args:
        account: Where the stage is.
        stage: The stage whose network could not be deleted.
        sleep: Waits for so many seconds.
    """
    networks = _networks(account, stage)
    waited = 0
    while networks and (left := _left_by_cloudfront(account, networks)):
        if waited == 0:
            print(f"waiting until CloudFront removes {', '.join(left)} …", flush=True)
        if waited >= LONGEST_WAIT_SECONDS:
            return
        sleep(_PERIOD_SECONDS)
        waited += _PERIOD_SECONDS


def _left_by_cloudfront(account: Account, networks: list[str]) -> list[str]:
    """Return the ids of CloudFront's network interfaces and security group."""
    ec2 = account.client("ec2")
    inside = {"Name": "vpc-id", "Values": networks}
    tagged = {"Name": "tag-key", "Values": [_INTERFACE_TAG]}
    named = {"Name": "group-name", "Values": [_SECURITY_GROUP]}
    interfaces = ec2.describe_network_interfaces(Filters=[inside, tagged])["NetworkInterfaces"]
    groups = ec2.describe_security_groups(Filters=[inside, named])["SecurityGroups"]
    return [
        *(each["NetworkInterfaceId"] for each in interfaces),
        *(each["GroupId"] for each in groups),
    ]


def _networks(account: Account, stage: Stage) -> list[str]:
    described = account.client("cloudformation").describe_stack_resources(
        StackName=stage.stack_name(outputs.ECS)
    )
    return [
        each["PhysicalResourceId"]
        for each in described["StackResources"]
        if each["ResourceType"] == "AWS::EC2::VPC" and each["ResourceStatus"] != "DELETE_COMPLETE"
    ]
