"""Choose the two availability zones of a stage.

Not every zone serves. Zone ids (`use1-az3`) mean the same zone in every account, while each account
has its own zone names (`us-east-1a`), so the choice goes by id.
"""

from typing import Final

from infra import outputs
from infra.cli.account import Account
from infra.cli.command_errors import NoAccount, NotDeployed
from infra.cli.deployed_stacks import find_stack
from infra.server_scaling import ZONE_COUNT
from infra.stage import Stage

_NO_VPC_ORIGIN: Final = "CloudFront's VPC origins do not reach it"
_NO_FARGATE: Final = "Fargate does not run there"
UNUSABLE: Final = {
    "use1-az3": _NO_VPC_ORIGIN,
    "usw1-az2": _NO_VPC_ORIGIN,  # nor Fargate
    "apne1-az3": _NO_VPC_ORIGIN,  # nor Fargate
    "apne2-az1": _NO_VPC_ORIGIN,  # by users' reports
    "cac1-az3": _NO_VPC_ORIGIN,  # nor Fargate
    "cac1-az4": _NO_FARGATE,
}
"""Zones that can't hold the load balancer or the tasks, with the reason.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
"""


def choose_zones(account: Account, stage: Stage) -> list[str]:
    """Return the names of two zones: those of the deployed stage, else the first two that serve.

    A deployed stage keeps its zones: the subnets of other zones would have the same addresses.

    Raises:
        NoAccount: Fewer than two zones of the region serve.
    """
    try:
        deployed = find_stack(account, stage.stack_name(outputs.ECS)).outputs
    except NotDeployed:
        deployed = {}
    if kept := deployed.get(outputs.AVAILABILITY_ZONES):
        return kept.split(",")
    filters = [
        {"Name": "zone-type", "Values": ["availability-zone"]},
        {"Name": "state", "Values": ["available"]},
    ]
    described = account.client("ec2").describe_availability_zones(Filters=filters)
    zones = sorted(
        (zone["ZoneId"], zone["ZoneName"])
        for zone in described["AvailabilityZones"]
        if zone["ZoneId"] not in UNUSABLE
    )
    if len(zones) < ZONE_COUNT:
        raise NoAccount(
            f"{account.region} has {len(zones)} usable availability zones; a stage needs "
            f"{ZONE_COUNT}, so deploy to another region"
        )
    return [name for _, name in zones[:ZONE_COUNT]]
