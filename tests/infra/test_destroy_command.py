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


def test_destroy_tries_once_more_at_the_network() -> None:
    """Prove it for a network without interfaces; another test waits for them to go."""
    answers = account_answers(
        cloudformation_DescribeStacks=network_is("DELETE_FAILED"),
        cloudformation_DescribeStackResources={"StackResources": [NETWORK]},
        ec2_DescribeNetworkInterfaces={"NetworkInterfaces": []},
    )
    cdk = FailsOnce()
    destroy(account_with(answers), Stage(name="dev"), cdk)
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
