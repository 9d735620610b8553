"""What `make destroy` does around `cdk`, against stubbed answers of AWS."""

import subprocess
from typing import Any

import pytest

from infra.cli.deploy import destroy
from infra.stage import Stage
from tests.infra.aws_answers import account_with
from tests.infra.test_availability_zones import NO_STACK
from tests.infra.test_preflight import account_answers

NETWORK = {
    "ResourceType": "AWS::EC2::VPC",
    "PhysicalResourceId": "vpc-1",
    "ResourceStatus": "DELETE_FAILED",
}


class FailsOnce:
    """Takes the place of a `cdk destroy` that fails the first time."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def __call__(self, command: str, *_: str) -> None:
        self.commands.append(command)
        if len(self.commands) == 1:
            raise subprocess.CalledProcessError(1, command)


def network_is(status: str) -> dict[str, Any]:
    """Answer that the stack of the network is in this state."""
    return {"Stacks": [{"StackStatus": status}]}


def stuck_answers(**changes: Any) -> dict[str, Any]:
    """Return the answers about a network that could not be deleted, with these changes."""
    stuck: dict[str, Any] = {
        "cloudformation_DescribeStacks": network_is("DELETE_FAILED"),
        "cloudformation_DescribeStackResources": {"StackResources": [NETWORK]},
        "ec2_DescribeNetworkInterfaces": {"NetworkInterfaces": []},
        "ec2_DescribeSecurityGroups": {"SecurityGroups": []},
    }
    return account_answers(**stuck | changes)


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"ec2_DescribeSecurityGroups": {"SecurityGroups": [{"GroupId": "sg-1"}]}},
        {"cloudformation_DescribeStackResources": {"StackResources": []}},
    ],
    ids=["CloudFront left", "security group stays", "network is gone"],
)
def test_destroy_tries_once_more_at_the_network(
    answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prove that it does so however the wait ended; another test lets CloudFront leave."""
    monkeypatch.setattr("infra.cli.network_interfaces.LONGEST_WAIT_SECONDS", 0)
    cdk = FailsOnce()
    destroy(account_with(stuck_answers(**answers)), Stage(name="dev"), cdk)
    assert cdk.commands == ["destroy", "destroy"]


@pytest.mark.parametrize(
    "stacks",
    [network_is("UPDATE_COMPLETE"), network_is("ROLLBACK_COMPLETE"), NO_STACK],
    ids=["website fails", "nothing to delete", "storage fails"],
)
def test_destroy_does_not_wait_for_another_stack(stacks: Any) -> None:
    """Prove that it doesn't ask for network interfaces: nothing here answers that question."""
    cdk = FailsOnce()
    account = account_with(account_answers(cloudformation_DescribeStacks=stacks))
    with pytest.raises(subprocess.CalledProcessError):
        destroy(account, Stage(name="dev"), cdk)
    assert cdk.commands == ["destroy"]
