"""What `make deploy` does around `cdk`, which is replaced by a recorder.

moto stands in for AWS. The rehearsal runs the real `cdk`.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.cli.account import Account, identify
from infra.cli.command_errors import CannotRun
from infra.cli.container_engine import ENGINE_VARIABLE
from infra.cli.deploy import deploy
from infra.cli.network_interfaces import LONGEST_WAIT_SECONDS, wait_until_gone
from infra.cli.service_linked_roles import SERVICES, missing_roles
from infra.stage import Stage
from tests.infra.empty_cloud import cloud, create_stack

WEBSITE = {"WebsiteUrl": "https://w", "ServiceUrl": "https://s", "LambdaUrl": "https://l"}
DOMAIN = "fib.example.org"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    """An empty account that has two usable zones, and no terminal to ask at."""
    for name, value in {**cloud(), ENGINE_VARIABLE: "engine"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("YES", raising=False)
    return identify()


class Recorder:
    """Takes the place of `cdk`: keeps the commands, and writes and deploys a website template."""

    def __init__(self, account: Account, assembly: Path, template: dict[str, Any]) -> None:
        self.commands: list[str] = []
        self._account, self._assembly, self._template = account, assembly, template

    def __call__(self, command: str, *arguments: str) -> None:
        self.commands.append(command)
        stage = next((a.removeprefix("stage=") for a in arguments if a.startswith("stage=")), "")
        if command == "synth":
            self._assembly.mkdir(exist_ok=True)
            file = self._assembly / f"fib-{stage}-website.template.json"
            file.write_text(json.dumps(self._template))


Recording = Callable[..., Recorder]


@pytest.fixture
def recorder(account: Account, tmp_path: Path) -> Recording:
    return lambda **resources: Recorder(account, tmp_path, {"Resources": resources})


def deploy_with_domain(account: Account, stage: str) -> None:
    """Put a stage into the account whose website has a domain."""
    cloudformation = account.client("cloudformation")
    create_stack(cloudformation, f"fib-{stage}-api-gateway", ApiGatewayUrl="https://a")
    outputs = {name: {"Value": value} for name, value in WEBSITE.items()}
    # moto keeps the template, but is told to create none of its resources.
    resources = {name: each | {"Condition": "Never"} for name, each in with_domain().items()}
    template = {
        "Conditions": {"Never": {"Fn::Equals": ["yes", "no"]}},
        "Resources": resources,
        "Outputs": outputs,
    }
    cloudformation.create_stack(StackName=f"fib-{stage}-website", TemplateBody=json.dumps(template))


def with_domain() -> dict[str, Any]:
    return {
        "Record": {
            "Type": "AWS::Route53::RecordSet",
            "Properties": {
                "Name": f"{DOMAIN}.",
                "Type": "A",
            },
        },
        "Distribution": {
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {"DistributionConfig": {"Aliases": [DOMAIN]}},
        },
        "Certificate": {
            "Type": "AWS::CertificateManager::Certificate",
            "Properties": {"DomainName": DOMAIN},
        },
    }


def test_removing_an_address_needs_a_yes(
    account: Account, recorder: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prove it for a stage that was deployed with a domain, and whose settings have none now."""
    deploy_with_domain(account, "dev")
    cdk = recorder(Topic={"Type": "AWS::SNS::Topic"})
    with pytest.raises(CannotRun) as refused:
        deploy(account, Stage(name="dev"), cdk, tmp_path)
    text = str(refused.value)
    for lost in (f"alias {DOMAIN}", f"certificate of {DOMAIN}", f"A record of {DOMAIN}."):
        assert lost in text
    assert "deploy" not in cdk.commands
    monkeypatch.setenv("YES", "1")
    deploy(account, Stage(name="dev"), cdk, tmp_path)
    assert cdk.commands[-1] == "deploy"


def test_keeping_an_address_needs_no_yes(
    account: Account, recorder: Recording, tmp_path: Path
) -> None:
    deploy_with_domain(account, "dev")
    cdk = recorder(**with_domain())
    deploy(account, Stage(name="dev"), cdk, tmp_path)
    assert cdk.commands == ["bootstrap", "synth", "deploy"]


def test_prod_shows_its_diff_and_needs_a_yes(
    account: Account, recorder: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_with_domain(account, "prod")
    cdk = recorder(**with_domain())
    prod = Stage.load("prod")
    with pytest.raises(CannotRun, match="Deploy these changes to prod"):
        deploy(account, prod, cdk, tmp_path)
    assert cdk.commands == ["bootstrap", "synth", "diff"]
    monkeypatch.setenv("YES", "1")
    deploy(account, prod, cdk, tmp_path)
    assert cdk.commands[-2:] == ["diff", "deploy"]


def test_service_linked_roles_exist_before_the_stacks(
    account: Account, recorder: Recording, tmp_path: Path
) -> None:
    """Prove it for a fresh account, and that a second deploy creates none again."""
    deploy_with_domain(account, "dev")
    assert missing_roles(account) == list(SERVICES)
    cdk = recorder(**with_domain())
    deploy(account, Stage(name="dev"), cdk, tmp_path)
    roles = account.client("iam").list_roles(PathPrefix="/aws-service-role/")["Roles"]
    assert len(roles) == len(SERVICES)
    assert not missing_roles(account)
    deploy(account, Stage(name="dev"), cdk, tmp_path)


class Network:
    """A stage's network with an interface and a security group of CloudFront's in it."""

    def __init__(self, account: Account) -> None:
        self._ec2 = account.client("ec2")
        cloudformation = account.client("cloudformation")
        template = {
            "Resources": {
                "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
                "Subnet": {
                    "Type": "AWS::EC2::Subnet",
                    "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"},
                },
            }
        }
        cloudformation.create_stack(StackName="fib-dev-ecs", TemplateBody=json.dumps(template))
        described = cloudformation.describe_stack_resources(StackName="fib-dev-ecs")
        ids = {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for each in described["StackResources"]
        }
        # These are the tag and the name that CloudFront gives them.
        self.interface: str = self._create_interface(
            SubnetId=ids["Subnet"],
            TagSpecifications=[
                {
                    "ResourceType": "network-interface",
                    "Tags": [{"Key": "aws.cloudfront.vpcorigin", "Value": "enabled"}],
                }
            ],
        )
        self.group: str = self._ec2.create_security_group(
            GroupName="CloudFront-VPCOrigins-Service-SG", Description="-", VpcId=ids["Vpc"]
        )["GroupId"]
        self._create_interface(SubnetId=ids["Subnet"], Description="of another service")

    def _create_interface(self, **settings: Any) -> Any:
        created = self._ec2.create_network_interface(**settings)
        return created["NetworkInterface"]["NetworkInterfaceId"]

    def delete_interface(self) -> None:
        self._ec2.delete_network_interface(NetworkInterfaceId=self.interface)

    def delete_group(self) -> None:
        self._ec2.delete_security_group(GroupId=self.group)


def test_waits_until_cloudfront_left_the_network(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prove that the wait is for CloudFront's interface and for its security group only."""
    network = Network(account)
    steps = [network.delete_interface, network.delete_group]
    wait_until_gone(account, Stage(name="dev"), sleep=lambda _: steps.pop(0)())
    assert not steps
    (line,) = capsys.readouterr().out.splitlines()
    assert network.interface in line
    assert network.group in line


def test_waits_for_cloudfront_up_to_a_limit(account: Account) -> None:
    Network(account)
    waits: list[float] = []
    wait_until_gone(account, Stage(name="dev"), sleep=waits.append)
    assert sum(waits) == LONGEST_WAIT_SECONDS
