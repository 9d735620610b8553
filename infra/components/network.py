"""The server's network: two availability zones, no NAT gateway, and an endpoint for DynamoDB."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import CfnOutput, Fn
from aws_cdk.aws_ec2 import (
    GatewayVpcEndpointAwsService,
    GatewayVpcEndpointOptions,
    SubnetConfiguration,
    SubnetSelection,
    SubnetType,
    Vpc,
)
from constructs import Construct

from infra.nag_suppressions import suppress
from infra.outputs import AVAILABILITY_ZONES
from infra.server_scaling import ZONE_COUNT

TASK_SUBNETS: Final = SubnetSelection(subnet_type=SubnetType.PUBLIC)
"""For tasks. They pull their image over a public address, since a NAT gateway costs more than a
task. Their security group accepts connections from the load balancer only."""

LOAD_BALANCER_SUBNETS: Final = SubnetSelection(subnet_type=SubnetType.PRIVATE_ISOLATED)
"""For the load balancer. Only CloudFront reaches these subnets from outside."""


def create_network(scope: Construct, *, availability_zones: Sequence[str]) -> Vpc:
    """Return a network in two availability zones.

    Args:
        scope: The stack.
        availability_zones: The names of two zones (see `infra.cli.availability_zones`). Without
            any, the template takes the region's first two, which is good enough for templates that
            are not deployed.
    """
    zones = list(availability_zones) or [Fn.select(i, Fn.get_azs()) for i in range(ZONE_COUNT)]
    network = Vpc(
        scope,
        "Vpc",
        availability_zones=zones,
        nat_gateways=0,
        subnet_configuration=[
            SubnetConfiguration(name="tasks", subnet_type=SubnetType.PUBLIC),
            SubnetConfiguration(name="balancer", subnet_type=SubnetType.PRIVATE_ISOLATED),
        ],
        gateway_endpoints={
            "DynamoDB": GatewayVpcEndpointOptions(service=GatewayVpcEndpointAwsService.DYNAMODB)
        },
    )
    suppress(
        network,
        VPC7="two security groups let only CloudFront reach the load balancer, and only the load "
        "balancer reach the tasks; flow logs add costs",
    )
    # The next deploy reads this output, because a deployed network can't change its zones.
    CfnOutput(scope, AVAILABILITY_ZONES, value=Fn.join(",", zones))
    return network
