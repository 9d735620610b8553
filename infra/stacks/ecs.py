"""The server backend: containers on Fargate behind a load balancer that only CloudFront reaches."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Duration, Stack
from aws_cdk.aws_ecr_assets import Platform
from aws_cdk.aws_ecs import (
    AvailabilityZoneRebalancing,
    AwsLogDriverMode,
    Cluster,
    ContainerImage,
    CpuArchitecture,
    DeploymentCircuitBreaker,
    FargateService,
    FargateTaskDefinition,
    LogDriver,
    OperatingSystemFamily,
    PortMapping,
    RuntimePlatform,
)
from constructs import Construct
from fibcore import settings
from server_api import server_settings, server_timeouts

from infra import ROOT
from infra.components.load_balancer import LoadBalancer
from infra.components.network import TASK_SUBNETS, create_network
from infra.components.retention import log_group
from infra.nag_suppressions import suppress, suppress_finding
from infra.outputs import ECS
from infra.server_scaling import (
    CPU_UNITS,
    LARGEST_DEPLOY_PERCENT,
    MAX_TASKS,
    MEMORY_MEGABYTES,
    PROCESSES_PER_TASK,
    TARGET_CPU_PERCENT,
    TARGET_REQUESTS_PER_MINUTE,
)
from infra.stacks.storage import StorageStack
from infra.stage import Stage

PORT: Final = int(server_settings.PORT.default)


class EcsStack(Stack):
    """The network, the service with its scaling, and the load balancer.

    Args:
        scope: The app.
        stage: The names and settings.
        storage: The stack with the table.
        cloudfront_prefix_list: The id of AWS's list of CloudFront's addresses in this region.
        availability_zones: The names of the two zones to use; empty for any two.

    Attributes:
        load_balancer: The load balancer with its targets.

    Raises:
        ValueError: The stage wants more tasks than the counter's item has room for.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        storage: StorageStack,
        cloudfront_prefix_list: str,
        availability_zones: Sequence[str],
    ) -> None:
        super().__init__(scope, stage.stack_name(ECS))
        if stage.min_tasks > MAX_TASKS:
            raise ValueError(f"min_tasks of stage {stage.name} is at most {MAX_TASKS}")
        vpc = create_network(self, availability_zones=availability_zones)
        cluster = Cluster(self, "Cluster", vpc=vpc)
        task = self._task(stage, storage)
        suppress(cluster, ECS4="the metrics of the load balancer and the service are enough")
        service = FargateService(
            self,
            "Service",
            cluster=cluster,
            task_definition=task,
            assign_public_ip=True,
            vpc_subnets=TASK_SUBNETS,
            min_healthy_percent=100,
            max_healthy_percent=LARGEST_DEPLOY_PERCENT,
            availability_zone_rebalancing=AvailabilityZoneRebalancing.ENABLED,
            circuit_breaker=DeploymentCircuitBreaker(rollback=True),
            health_check_grace_period=Duration.seconds(30),
        )
        # A task can't pull its image before it has a way out and the right to pull.
        for subnet in vpc.public_subnets:
            service.node.add_dependency(subnet.internet_connectivity_established)
        service.node.add_dependency(task.obtain_execution_role())
        self.load_balancer = LoadBalancer(
            self,
            stage=stage,
            vpc=vpc,
            service=service,
            port=PORT,
            cloudfront_prefix_list=cloudfront_prefix_list,
        )
        scaling = service.auto_scale_task_count(
            min_capacity=stage.min_tasks, max_capacity=MAX_TASKS
        )
        scaling.scale_on_cpu_utilization("Cpu", target_utilization_percent=TARGET_CPU_PERCENT)
        scaling.scale_on_request_count(
            "Requests",
            requests_per_target=TARGET_REQUESTS_PER_MINUTE,
            target_group=self.load_balancer.targets,
        )
        # The website's stack imports these values. Without these calls, a value would be exported
        # only as long as that stack uses it (see docs/later-deploys.md).
        alb = self.load_balancer.alb
        self.export_value(alb.load_balancer_arn)
        self.export_value(alb.load_balancer_dns_name)
        self.export_value(alb.load_balancer_full_name)
        self.export_value(self.load_balancer.listener.listener_arn)
        self.export_value(self.load_balancer.targets.target_group_full_name)

    def _task(self, stage: Stage, storage: StorageStack) -> FargateTaskDefinition:
        task = FargateTaskDefinition(
            self,
            "Task",
            cpu=CPU_UNITS,
            memory_limit_mib=MEMORY_MEGABYTES,
            runtime_platform=RuntimePlatform(
                cpu_architecture=CpuArchitecture.ARM64,
                operating_system_family=OperatingSystemFamily.LINUX,
            ),
        )
        suppress(
            task,
            ECS2="a table, a region, a port, a number of processes and a switch are no secrets",
        )
        task.add_container(
            "server",
            image=ContainerImage.from_asset(
                str(ROOT),
                file="packages/server_api/Dockerfile",
                platform=Platform.LINUX_ARM64,
            ),
            port_mappings=[PortMapping(container_port=PORT)],
            environment={
                **storage.backend_environment,
                settings.AWS_REGION.name: self.region,
                server_settings.PORT.name: str(PORT),
                server_settings.WEB_CONCURRENCY.name: str(PROCESSES_PER_TASK),
                server_settings.FIB_ACCESS_LOG.name: str(int(stage.access_log)),
            },
            readonly_root_filesystem=True,
            stop_timeout=Duration.seconds(server_timeouts.KILL),
            logging=LogDriver.aws_logs(
                stream_prefix="server",
                log_group=log_group(self, "Log", stage=stage),
                # A setting of the account decides about the default. In the other mode, the server
                # stops as soon as CloudWatch takes no lines.
                mode=AwsLogDriverMode.NON_BLOCKING,
            ),
        )
        storage.grant_counting(task.task_role)
        suppress_finding(
            task.obtain_execution_role(),
            "IAM5[Resource::*]",
            "ecr:GetAuthorizationToken supports no resource",
        )
        return task
