"""Properties of the four stacks. Resources are found by type, not by generated names."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fibcore.counter.batch_queue import GRACE_SECONDS
from fibcore.dynamodb.writer_registry import WRITERS_LIMIT
from fibcore.http.contract import HEALTH_PATH
from fibcore.settings import FIB_DEADLINE_SECONDS
from local_stack.environment import local_environment
from server_api.server_settings import WEB_CONCURRENCY

from tests.infra.conftest import Templates, as_text

ANYWHERE = {"0.0.0.0/0", "::/0"}
GUNICORN = Path(sys.executable).with_name("gunicorn")
# These are fixed or default times of AWS, in seconds.
CLOUDFRONT_KEEP_ALIVE = 5
HTTP_API_LONGEST = 30
OWN_STACKS = ("storage", "api-gateway", "ecs")


def _statements(templates: Templates, *stacks: str) -> list[dict[str, Any]]:
    return [
        statement
        for stack in stacks
        for policy in templates.of("AWS::IAM::Policy", stack=stack)
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_roles_have_minimal_rights_to_the_table(dev: Templates) -> None:
    rights = {
        stack: [
            sorted(actions)
            for statement in _statements(dev, stack)
            if (actions := [a for a in _listed(statement["Action"]) if a.startswith("dynamodb:")])
        ]
        for stack in OWN_STACKS
    }
    counting = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
    assert rights == {
        "storage": [["dynamodb:UpdateItem"]],
        "api-gateway": [counting],
        "ecs": [counting],
    }


def test_our_rights_have_no_wildcards(dev: Templates) -> None:
    for statement in _statements(dev, *OWN_STACKS):
        actions, resources = _listed(statement["Action"]), _listed(statement["Resource"])
        assert not [action for action in actions if "*" in action]
        if actions != ["ecr:GetAuthorizationToken"]:  # which supports no resource
            assert "*" not in str(resources)


def test_our_roles_have_no_managed_policies(dev: Templates) -> None:
    for stack in OWN_STACKS:
        for role in dev.of("AWS::IAM::Role", stack=stack):
            assert not role["Properties"].get("ManagedPolicyArns")


def test_table_is_bounded_encrypted_and_restorable(dev: Templates) -> None:
    table = dev.one("AWS::DynamoDB::Table")
    assert table["KeySchema"] == [{"AttributeName": "counter", "KeyType": "HASH"}]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["OnDemandThroughput"] == {
        "MaxReadRequestUnits": 3_000,
        "MaxWriteRequestUnits": 1_000,
    }
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]


def test_only_prod_keeps_its_data(dev: Templates, prod: Templates) -> None:
    for templates, policy, protected in ((dev, "Delete", False), (prod, "Retain", True)):
        (table,) = templates.of("AWS::DynamoDB::Table")
        assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == policy
        assert table["Properties"]["DeletionProtectionEnabled"] is protected
        for log in templates.of("AWS::Logs::LogGroup"):
            # A first deploy that fails deletes its logs, even where a deleted stack keeps them.
            assert log["DeletionPolicy"] == policy.replace("Retain", "RetainExceptOnCreate")
            assert log["UpdateReplacePolicy"] == policy


def test_logs_have_a_retention(dev: Templates) -> None:
    logs = dev.of("AWS::Logs::LogGroup")
    assert len(logs) >= 4
    assert all(log["Properties"]["RetentionInDays"] for log in logs)


def test_everything_runs_on_arm64(dev: Templates) -> None:
    task = dev.one("AWS::ECS::TaskDefinition")
    assert task["RuntimePlatform"]["CpuArchitecture"] == "ARM64"
    for stack in ("storage", "api-gateway"):
        assert dev.one("AWS::Lambda::Function", stack=stack)["Architectures"] == ["arm64"]


def test_gateway_passes_everything_to_the_function(dev: Templates) -> None:
    api = dev.one("AWS::ApiGatewayV2::Api")
    assert "CorsConfiguration" not in api
    assert dev.one("AWS::ApiGatewayV2::Route")["RouteKey"] == "$default"
    assert dev.one("AWS::ApiGatewayV2::Stage")["StageName"] == "$default"
    function = dev.one("AWS::Lambda::Function", stack="api-gateway")
    assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}


def test_gateway_may_call_the_alias(dev: Templates) -> None:
    permission = dev.one("AWS::Lambda::Permission", stack="api-gateway")
    assert permission["Principal"] == "apigateway.amazonaws.com"
    called = dev.one("AWS::ApiGatewayV2::Integration")["IntegrationUri"]
    assert permission["FunctionName"] == called
    assert "Alias" in called["Ref"]


def test_gateway_throttles_and_logs(dev: Templates) -> None:
    stage = dev.one("AWS::ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 1_000
    assert "$context.status" in stage["AccessLogSettings"]["Format"]


def test_access_log_group_is_named_for_delivered_logs(dev: Templates) -> None:
    """Prove that its name needs no room in a resource policy, and that no other stack has it.

    AWS lists each log group to which a service delivers in a policy of 5,120 characters, but names
    all groups below this prefix by one entry:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
    """
    destination = dev.one("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]["DestinationArn"]
    log, _ = destination["Fn::GetAtt"]
    name = dev.resources("api-gateway")[log]["Properties"]["LogGroupName"]
    assert as_text(name).startswith("/aws/vendedlogs/fib-dev-api-gateway")
    # In prod the group stays when its stack is deleted, so the next stack needs another name.
    assert "AWS::StackId" in str(name)


def test_network_has_no_nat_and_a_dynamodb_endpoint(dev: Templates) -> None:
    assert not dev.of("AWS::EC2::NatGateway")
    endpoint = dev.one("AWS::EC2::VPCEndpoint")
    assert endpoint["VpcEndpointType"] == "Gateway"
    assert "dynamodb" in str(endpoint["ServiceName"])


def test_only_cloudfront_reaches_the_load_balancer(dev: Templates) -> None:
    for group in dev.of("AWS::EC2::SecurityGroup"):
        assert not group["Properties"].get("SecurityGroupIngress")
    sources = [rule["Properties"] for rule in dev.of("AWS::EC2::SecurityGroupIngress")]
    assert not [rule for rule in sources if rule.get("CidrIp") or rule.get("CidrIpv6")]
    assert sorted(
        "prefix list" if "SourcePrefixListId" in rule else "group" for rule in sources
    ) == ["group", "prefix list"]
    assert dev.one("AWS::ElasticLoadBalancingV2::LoadBalancer")["Scheme"] == "internal"


def test_tasks_are_read_only_and_have_public_addresses(dev: Templates) -> None:
    service = dev.one("AWS::ECS::Service")
    assert service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "ENABLED"
    assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {
        "Enable": True,
        "Rollback": True,
    }
    (container,) = dev.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert container["ReadonlyRootFilesystem"] is True


def test_server_does_not_wait_for_its_log(dev: Templates, prod: Templates) -> None:
    """Prove that a server goes on counting while CloudWatch takes no lines, in every account.

    Without the option, the account's setting `defaultLogDriverMode` decides:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html
    """
    for templates in (dev, prod):
        (container,) = templates.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
        assert container["LogConfiguration"]["Options"]["mode"] == "non-blocking"


def test_tasks_start_after_what_they_need(dev: Templates) -> None:
    """Prove that the first task finds its route to the registry and the rights to pull and log."""
    resources = dev.resources("ecs")
    (service,) = dev.of("AWS::ECS::Service")
    before = {resources[each]["Type"]: each for each in service["DependsOn"]}
    assert {"AWS::EC2::Route", "AWS::ElasticLoadBalancingV2::Listener"} <= set(before)
    policies = [each for each in service["DependsOn"] if "Policy" in each]
    assert len(policies) == len(dev.of("AWS::IAM::Policy", stack="ecs"))


def _scaling(templates: Templates) -> tuple[int, int]:
    target = templates.one("AWS::ApplicationAutoScaling::ScalableTarget")
    return target["MinCapacity"], target["MaxCapacity"]


def test_autoscaling_leaves_room_for_a_deploy(dev: Templates) -> None:
    """A deploy doubles the tasks, and the item has room for a limited number of writers."""
    _, most = _scaling(dev)
    (container,) = dev.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    variables = {each["Name"]: each["Value"] for each in container["Environment"]}
    largest = dev.one("AWS::ECS::Service")["DeploymentConfiguration"]["MaximumPercent"] // 100
    assert int(variables[WEB_CONCURRENCY.name]) * most * largest == WRITERS_LIMIT


def test_scales_by_cpu_and_requests(dev: Templates) -> None:
    metrics = {
        policy["Properties"]["TargetTrackingScalingPolicyConfiguration"][
            "PredefinedMetricSpecification"
        ]["PredefinedMetricType"]
        for policy in dev.of("AWS::ApplicationAutoScaling::ScalingPolicy")
    }
    assert metrics == {"ECSServiceAverageCPUUtilization", "ALBRequestCountPerTarget"}


def test_prod_runs_two_tasks_in_two_zones(dev: Templates, prod: Templates) -> None:
    assert _scaling(dev)[0] == 1
    assert _scaling(prod)[0] >= 2
    service = prod.one("AWS::ECS::Service")
    assert service["AvailabilityZoneRebalancing"] == "ENABLED"
    assert "DesiredCount" not in service  # else each deploy would scale the service back to it
    subnets = service["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"]
    zones = [
        str(prod.resources("ecs")[subnet["Ref"]]["Properties"]["AvailabilityZone"])
        for subnet in subnets
    ]
    assert len(set(zones)) == 2


def test_network_is_in_the_chosen_zones(templates_of: Callable[..., Templates]) -> None:
    chosen = templates_of("dev", availability_zones="us-east-1a,us-east-1f")
    subnets = [each["Properties"] for each in chosen.of("AWS::EC2::Subnet")]
    assert len(subnets) == 4
    assert {each["AvailabilityZone"] for each in subnets} == {"us-east-1a", "us-east-1f"}
    assert chosen.outputs("ecs")["AvailabilityZones"] == "us-east-1a,us-east-1f"


def _attributes(resource: dict[str, Any], key: str) -> dict[str, str]:
    return {pair["Key"]: pair["Value"] for pair in resource[key]}


def _gunicorn() -> dict[str, int]:
    """Return those of the server's Gunicorn settings that are whole numbers."""
    printed = subprocess.run(
        [GUNICORN, "--print-config", "--config", "python:server_api.gunicorn_conf"],
        env=local_environment(dynamodb_port=1),
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    return {
        name: int(value) for name, value in re.findall(r"^(\w+) += (\d+)$", printed, re.MULTILINE)
    }


def test_timeouts_fit_each_other(dev: Templates) -> None:
    balancer = dev.one("AWS::ElasticLoadBalancingV2::LoadBalancer")
    idle = int(_attributes(balancer, "LoadBalancerAttributes")["idle_timeout.timeout_seconds"])
    targets = dev.one("AWS::ElasticLoadBalancingV2::TargetGroup")
    deregistration = int(
        _attributes(targets, "TargetGroupAttributes")["deregistration_delay.timeout_seconds"]
    )
    (container,) = dev.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    function = dev.one("AWS::Lambda::Function", stack="api-gateway")
    server, longest_deadline = _gunicorn(), FIB_DEADLINE_SECONDS.highest
    assert longest_deadline
    assert CLOUDFRONT_KEEP_ALIVE < idle < server["keepalive"]
    assert longest_deadline < function["Timeout"] < HTTP_API_LONGEST
    assert longest_deadline < deregistration
    longest_wait = longest_deadline + 2 * GRACE_SECONDS
    assert longest_wait < server["graceful_timeout"] < container["StopTimeout"]


def test_health_check_calls_the_server(dev: Templates) -> None:
    targets = dev.one("AWS::ElasticLoadBalancingV2::TargetGroup")
    (container,) = dev.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert targets["HealthCheckPath"] == HEALTH_PATH
    assert targets["Port"] == container["PortMappings"][0]["ContainerPort"]
