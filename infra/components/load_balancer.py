"""The load balancer in front of the server's tasks, which only CloudFront reaches."""

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
from server_api import server_timeouts

from infra.components.network import LOAD_BALANCER_SUBNETS
from infra.nag_suppressions import suppress
from infra.stage import Stage

LISTENER_PORT: Final = 80


class LoadBalancer(Construct):
    """An internal application load balancer, its listener, and the service's tasks as targets.

    Args:
        scope: The stack.
        stage: Says whether the server logs requests.
        vpc: The network.
        service: The service whose tasks are the targets.
        port: The port on which the tasks listen.
        cloudfront_prefix_list: The id of AWS's list of CloudFront's addresses in this region.

    Attributes:
        alb: The load balancer itself.
        listener: Its only listener.
        targets: The target group with the tasks.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        vpc: IVpc,
        service: FargateService,
        port: int,
        cloudfront_prefix_list: str,
    ) -> None:
        super().__init__(scope, "LoadBalancer")
        self.alb = ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=vpc,
            internet_facing=False,
            vpc_subnets=LOAD_BALANCER_SUBNETS,
            idle_timeout=Duration.seconds(server_timeouts.LOAD_BALANCER_IDLE),
            drop_invalid_header_fields=True,
        )
        suppress(
            self.alb,
            ELB2="the server logs requests (FIB_ACCESS_LOG is 1)"
            if stage.access_log
            else "this stage logs no requests (access_log in stages.toml)",
        )
        self.alb.connections.allow_from(
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
            deregistration_delay=Duration.seconds(server_timeouts.DEREGISTRATION),
            health_check=HealthCheck(
                path=contract.HEALTH_PATH,
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=3,
            ),
        )
        # CloudFront and the load balancer speak HTTP inside AWS's network, because a load balancer
        # without a domain of its own can have no certificate.
        self.listener = self.alb.add_listener(
            "Listener",
            port=LISTENER_PORT,
            protocol=ApplicationProtocol.HTTP,
            open=False,
            default_target_groups=[self.targets],
        )
