"""The server backend: containers on Fargate, behind a load balancer that only CloudFront sees."""

from typing import Final

from aws_cdk import Duration, Stack
from aws_cdk.aws_ecr_assets import Platform
from aws_cdk.aws_ecs import (
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
from fibcore.dynamodb.writer_registry import WRITERS_LIMIT
from server_api import timeouts
from server_api.settings import PORT as SERVER_PORT

from infra import ROOT
from infra.findings import accept, accept_finding
from infra.load_balancer import LoadBalancer
from infra.network import TASK_SUBNETS, create_network
from infra.outputs import ECS
from infra.retention import log_group
from infra.stacks.storage import StorageStack
from infra.stage import Stage

PORT: Final = int(SERVER_PORT.default)
# One process on one CPU; the least memory that Fargate gives with it.
CPU_UNITS: Final = 1_024
MEMORY_MEGABYTES: Final = 2_048
# Each task is a writer of the one item and combines what it is asked. The item has room for so
# many of them, and during a deploy there are twice as many tasks.
LARGEST_TASK_COUNT: Final = WRITERS_LIMIT // 2
# A task of one CPU answers thousands of steps a second; half a CPU's worth is a reason for more.
CPU_PERCENT: Final = 50
REQUESTS_PER_MINUTE_AND_TASK: Final = 60_000


class EcsStack(Stack):
    """The network, the service with its scaling, and the load balancer.

    Args:
        scope: The app.
        stage: Names and what is kept.
        storage: Where the counter is.
        cloudfront_prefix_list: The id of AWS's list of CloudFront's addresses, in this region.
    """

    def __init__(
        self, scope: Construct, *, stage: Stage, storage: StorageStack, cloudfront_prefix_list: str
    ) -> None:
        super().__init__(scope, stage.stack_name(ECS))
        vpc = create_network(self)
        cluster = Cluster(self, "Cluster", vpc=vpc)
        accept(cluster, ECS4="the load balancer's and the service's own metrics are enough")
        service = FargateService(
            self,
            "Service",
            cluster=cluster,
            task_definition=self._task(stage, storage),
            assign_public_ip=True,
            vpc_subnets=TASK_SUBNETS,
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=DeploymentCircuitBreaker(rollback=True),
            health_check_grace_period=Duration.seconds(30),
        )
        self.entrance = LoadBalancer(
            self,
            vpc=vpc,
            service=service,
            port=PORT,
            cloudfront_prefix_list=cloudfront_prefix_list,
        )
        scaling = service.auto_scale_task_count(min_capacity=1, max_capacity=LARGEST_TASK_COUNT)
        scaling.scale_on_cpu_utilization("Cpu", target_utilization_percent=CPU_PERCENT)
        scaling.scale_on_request_count(
            "Requests",
            requests_per_target=REQUESTS_PER_MINUTE_AND_TASK,
            target_group=self.entrance.targets,
        )

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
        accept(task, ECS2="a table's name and a region are no secrets")
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
                SERVER_PORT.name: str(PORT),
            },
            readonly_root_filesystem=True,
            stop_timeout=Duration.seconds(timeouts.KILL),
            logging=LogDriver.aws_logs(
                stream_prefix="server", log_group=log_group(self, "Log", stage=stage)
            ),
        )
        storage.grant_counting(task.task_role)
        accept_finding(
            task.obtain_execution_role(),
            "IAM5[Resource::*]",
            "ecr:GetAuthorizationToken knows no resource",
        )
        return task
