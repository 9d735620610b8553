"""The load balancer before the server's tasks, which only CloudFront reaches."""

from typing import Final

from aws_cdk import Duration
from aws_cdk.aws_ec2 import IVpc, Peer, Port
from aws_cdk.aws_ecs import FargateService
from aws_cdk.aws_elasticloadbalancingv2 import (
    ApplicationLoadBalancer,
    ApplicationProtocol,
    ApplicationTargetGroup,
    HealthCheck,
    TargetType,
)
from constructs import Construct
from fibcore.http import contract
from server_api import timeouts

from infra.findings import accept
from infra.network import BALANCER_SUBNETS

LISTENER_PORT: Final = 80


class LoadBalancer(Construct):
    """An internal load balancer, its listener and the service's tasks as targets.

    Args:
        scope: The stack.
        vpc: The network.
        service: Whose tasks it is for.
        port: Where they listen.
        cloudfront_prefix_list: The id of AWS's list of CloudFront's addresses, in this region.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        vpc: IVpc,
        service: FargateService,
        port: int,
        cloudfront_prefix_list: str,
    ) -> None:
        super().__init__(scope, "Entrance")
        self.balancer = ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=vpc,
            internet_facing=False,
            vpc_subnets=BALANCER_SUBNETS,
            idle_timeout=Duration.seconds(timeouts.LOAD_BALANCER_IDLE),
            drop_invalid_header_fields=True,
        )
        accept(self.balancer, ELB2="the server can log requests itself (FIB_ACCESS_LOG)")
        self.balancer.connections.allow_from(
            Peer.prefix_list(cloudfront_prefix_list), Port.tcp(LISTENER_PORT), "from CloudFront"
        )
        self.targets = ApplicationTargetGroup(
            self,
            "Targets",
            vpc=vpc,
            port=port,
            protocol=ApplicationProtocol.HTTP,
            target_type=TargetType.IP,
            targets=[service],
            deregistration_delay=Duration.seconds(timeouts.DEREGISTRATION),
            health_check=HealthCheck(
                path=contract.HEALTH_PATH,
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=3,
            ),
        )
        # CloudFront and the load balancer speak HTTP inside AWS's network: without a domain of
        # its own the load balancer can have no certificate.
        self.balancer.add_listener(
            "Listener",
            port=LISTENER_PORT,
            protocol=ApplicationProtocol.HTTP,
            open=False,
            default_target_groups=[self.targets],
        )
