"""The server backend: a container on Fargate, behind a load balancer that only CloudFront sees."""

from aws_cdk import Duration, Stack
from aws_cdk.aws_ec2 import (
    GatewayVpcEndpointAwsService,
    GatewayVpcEndpointOptions,
    Peer,
    Port,
    SubnetConfiguration,
    SubnetSelection,
    SubnetType,
    Vpc,
)
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
from aws_cdk.aws_elasticloadbalancingv2 import (
    ApplicationLoadBalancer,
    ApplicationProtocol,
    ApplicationTargetGroup,
    HealthCheck,
    TargetType,
)
from aws_cdk.aws_logs import LogGroup
from constructs import Construct
from fibcore import contract, settings
from fibcore.writer_entries import WRITERS_LIMIT

from infra.findings import accept, accept_finding
from infra.function_code import ROOT
from infra.stacks.storage import StorageStack
from infra.stage import Stage

# The times of a connection and of a task's end, each longer than the one before:
#   60 s  the load balancer closes an idle connection
#   75 s  Gunicorn does (`keepalive`), so that it never closes one into which a request is sent
# and when a task goes, one after the other:
#   30 s  it is taken out of the load balancer and answers what is on its way: at most the
#         deadline of 25 s that the settings allow
#   25 s  it has had SIGTERM and answers what is in flight (`graceful_timeout`)
#   30 s  after SIGTERM it is killed
IDLE_SECONDS = 60
DEREGISTRATION_SECONDS = 30
STOP_SECONDS = 30

PORT = int(settings.PORT.default)
LISTENER_PORT = 80
LARGEST_TASK_COUNT = WRITERS_LIMIT // 2
# A task of one CPU answers thousands of steps a second; half a CPU's worth is a reason for more.
CPU_PERCENT = 50
REQUESTS_PER_MINUTE_AND_TASK = 60_000


class EcsStack(Stack):
    """The network, the service and the load balancer.

    Args:
        scope: The app.
        stage: Names and what is kept.
        storage: Where the counter is.
        cloudfront_prefix_list: The id of AWS's list of CloudFront's addresses, in this region.
    """

    def __init__(
        self, scope: Construct, *, stage: Stage, storage: StorageStack, cloudfront_prefix_list: str
    ) -> None:
        super().__init__(scope, stage.stack_name("ecs"))
        self.vpc = self._network()
        cluster = Cluster(self, "Cluster", vpc=self.vpc)
        accept(cluster, ECS4="the load balancer's and the service's own metrics are enough")
        task = self._task(stage, storage)
        self.service = FargateService(
            self,
            "Service",
            cluster=cluster,
            task_definition=task,
            # They pull their image over a public address: a NAT gateway would cost more than
            # the task itself. Nothing but the load balancer can open a connection to them.
            assign_public_ip=True,
            vpc_subnets=SubnetSelection(subnet_type=SubnetType.PUBLIC),
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=DeploymentCircuitBreaker(rollback=True),
            health_check_grace_period=Duration.seconds(30),
        )
        self.load_balancer, self.targets = self._entrance(cloudfront_prefix_list)
        self._scale()

    def _network(self) -> Vpc:
        vpc = Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=[
                SubnetConfiguration(name="tasks", subnet_type=SubnetType.PUBLIC),
                SubnetConfiguration(name="entrance", subnet_type=SubnetType.PRIVATE_ISOLATED),
            ],
            gateway_endpoints={
                "DynamoDB": GatewayVpcEndpointOptions(service=GatewayVpcEndpointAwsService.DYNAMODB)
            },
        )
        accept(vpc, VPC7="two security groups say all that may flow; what flows is counted steps")
        return vpc

    def _task(self, stage: Stage, storage: StorageStack) -> FargateTaskDefinition:
        task = FargateTaskDefinition(
            self,
            "Task",
            # One process on one CPU; the least memory that Fargate gives with it.
            cpu=1_024,
            memory_limit_mib=2_048,
            runtime_platform=RuntimePlatform(
                cpu_architecture=CpuArchitecture.ARM64,
                operating_system_family=OperatingSystemFamily.LINUX,
            ),
        )
        accept(task, ECS2="a table's name and a region are no secrets")
        log = LogGroup(
            self, "Log", retention=stage.log_retention, removal_policy=stage.removal_policy
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
                settings.PORT.name: str(PORT),
            },
            readonly_root_filesystem=True,
            stop_timeout=Duration.seconds(STOP_SECONDS),
            logging=LogDriver.aws_logs(stream_prefix="server", log_group=log),
        )
        storage.grant_counting(task.task_role)
        accept_finding(
            task.obtain_execution_role(),
            "IAM5[Resource::*]",
            "ecr:GetAuthorizationToken knows no resource",
        )
        return task

    def _entrance(
        self, cloudfront_prefix_list: str
    ) -> tuple[ApplicationLoadBalancer, ApplicationTargetGroup]:
        balancer = ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=self.vpc,
            internet_facing=False,
            vpc_subnets=SubnetSelection(subnet_type=SubnetType.PRIVATE_ISOLATED),
            idle_timeout=Duration.seconds(IDLE_SECONDS),
            drop_invalid_header_fields=True,
        )
        accept(balancer, ELB2="the server can log requests itself (FIB_ACCESS_LOG)")
        # CloudFront and the load balancer speak HTTP inside AWS's network: without a domain of
        # its own the load balancer can have no certificate.
        listener = balancer.add_listener(
            "Listener", port=LISTENER_PORT, protocol=ApplicationProtocol.HTTP, open=False
        )
        balancer.connections.allow_from(
            Peer.prefix_list(cloudfront_prefix_list), Port.tcp(LISTENER_PORT), "from CloudFront"
        )
        targets = ApplicationTargetGroup(
            self,
            "Targets",
            vpc=self.vpc,
            port=PORT,
            protocol=ApplicationProtocol.HTTP,
            target_type=TargetType.IP,
            targets=[self.service],
            deregistration_delay=Duration.seconds(DEREGISTRATION_SECONDS),
            health_check=HealthCheck(
                path=contract.HEALTH_PATH,
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=3,
            ),
        )
        listener.add_target_groups("Server", target_groups=[targets])
        return balancer, targets

    def _scale(self) -> None:
        # Each task is a writer of the one item and combines what it is asked; during a deploy
        # there are twice as many.
        scaling = self.service.auto_scale_task_count(
            min_capacity=1, max_capacity=LARGEST_TASK_COUNT
        )
        scaling.scale_on_cpu_utilization("Cpu", target_utilization_percent=CPU_PERCENT)
        scaling.scale_on_request_count(
            "Requests",
            requests_per_target=REQUESTS_PER_MINUTE_AND_TASK,
            target_group=self.targets,
        )
