"""The network of the server: two zones, no NAT, DynamoDB by a way of its own."""

from typing import Final

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

TASK_SUBNETS: Final = SubnetSelection(subnet_type=SubnetType.PUBLIC)
"""For tasks: they pull their image over a public address, since a NAT gateway would cost more than
a task. Their security group lets nothing but the load balancer open a connection to them."""

BALANCER_SUBNETS: Final = SubnetSelection(subnet_type=SubnetType.PRIVATE_ISOLATED)
"""For the load balancer: no way leads there from outside but CloudFront's."""


def create_network(scope: Construct) -> Vpc:
    """Return a network in two availability zones, the fewest that a load balancer takes."""
    network = Vpc(
        scope,
        "Vpc",
        max_azs=2,
        nat_gateways=0,
        subnet_configuration=[
            SubnetConfiguration(name="tasks", subnet_type=SubnetType.PUBLIC),
            SubnetConfiguration(name="balancer", subnet_type=SubnetType.PRIVATE_ISOLATED),
        ],
        gateway_endpoints={
            "DynamoDB": GatewayVpcEndpointOptions(service=GatewayVpcEndpointAwsService.DYNAMODB)
        },
    )
    suppress(network, VPC7="two security groups say all that may flow; what flows is counted steps")
    return network
