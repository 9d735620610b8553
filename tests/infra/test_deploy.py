"""What `make deploy` and its like find out before they begin, and where a stage is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from local_stack.environment import CREDENTIALS, REGION, url
from local_stack.programs import Program

from infra.cli.account import identify
from infra.cli.stage_urls import BACKENDS, read_urls
from infra.stage import Stage
from tests.processes import free_port, running

NO_ACCOUNT = {name: CREDENTIALS[name] for name in CREDENTIALS if "KEY" not in name}
_TEMPLATE = """
Resources:
  Topic: {{Type: AWS::SNS::Topic}}
Outputs:
{outputs}
"""


@pytest.fixture(scope="module")
def cloud() -> Iterator[dict[str, str]]:
    """Environment variables that lead to a cloud of our own, with nothing in it."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("moto_server")), "--port", str(port)]
    with running(Program(command, dict(os.environ)), port=port):
        yield CREDENTIALS | {"AWS_REGION": REGION, "AWS_ENDPOINT_URL": url(port)}


@pytest.fixture
def session(cloud: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    for name, value in cloud.items():
        monkeypatch.setenv(name, value)
    return identify().session


def deployed(session: boto3.Session, stack: str, **outputs: str) -> None:
    """Put a stack there that has only its outputs."""
    lines = [f"  {name}: {{Value: '{value}'}}" for name, value in outputs.items()]
    session.client("cloudformation").create_stack(
        StackName=stack, TemplateBody=_TEMPLATE.format(outputs="\n".join(lines))
    )


def ask(module: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={"PATH": "/nowhere", "HOME": "/nowhere", **variables},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def refusal(module: str, *arguments: str, **variables: str) -> str:
    """Return the one line with which a command that can't begin ends."""
    ended = ask(module, *arguments, **variables)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("fib: ")
    return line


@pytest.mark.parametrize("command", ["deploy", "diff", "destroy"])
def test_without_credentials_it_says_so(command: str) -> None:
    arguments = ("infra.cli.deploy", command, "--stage", "dev")
    assert "no AWS credentials" in refusal(*arguments, AWS_REGION=REGION, **NO_ACCOUNT)
    assert "set AWS_REGION" in refusal(*arguments, **NO_ACCOUNT)


def test_a_region_is_taken_from_either_variable(cloud: dict[str, str]) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        variables = {**cloud, "AWS_REGION": "", name: "eu-west-1"}
        line = refusal("infra.cli.stage_urls", "dev", "server", **variables)
        assert line == "fib: there is no stack fib-dev-website in eu-west-1"


def test_without_a_container_engine_it_says_so_before_it_makes_anything(
    cloud: dict[str, str], session: boto3.Session
) -> None:
    line = refusal("infra.cli.deploy", "deploy", **cloud)
    assert "no container engine runs: start docker, finch or podman" in line
    assert not session.client("cloudformation").describe_stacks()["Stacks"]


@pytest.mark.parametrize(
    ("context", "says"),
    [
        (["domain"], "CONTEXT is name=value"),
        (["domain=fib.example.org"], "domain and hosted_zone"),
        (["domain=fib.example.org", "hosted_zone=Z1"], "us-east-1 only: deploy there"),
    ],
)
def test_what_can_not_be_deployed_is_refused_before_anything_is_made(
    context: list[str], says: str, cloud: dict[str, str]
) -> None:
    variables = {**cloud, "AWS_REGION": "eu-west-1"}
    assert says in refusal("infra.cli.deploy", "deploy", "--context", *context, **variables)


@pytest.mark.parametrize("name", ["Dev", "1st", "a-b", "a" * 17, "dev;ls"])
def test_what_can_be_no_stage_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="STAGE is a letter and"):
        Stage.named(name)


def test_what_can_be_no_stage_is_refused_in_a_line() -> None:
    assert "STAGE is a letter and" in refusal("infra.cli.deploy", "deploy", "--stage", "Dev")
    assert "STAGE is a letter and" in refusal("infra.cli.stage_urls", "Dev", "server")


def test_production_is_not_destroyed(cloud: dict[str, str]) -> None:
    line = refusal("infra.cli.deploy", "destroy", "--stage", "prod", **cloud)
    assert "prod keeps its data" in line


def test_a_stage_is_destroyed_by_its_name_only(cloud: dict[str, str]) -> None:
    assert "STAGE=…" in refusal("infra.cli.deploy", "destroy", **cloud)


def test_the_list_of_cloudfronts_addresses_is_found(session: boto3.Session) -> None:
    account = identify()
    found = session.client("ec2").describe_managed_prefix_lists(
        PrefixListIds=[account.cloudfront_prefix_list()]
    )["PrefixLists"]
    assert [each["PrefixListName"] for each in found] == [
        "com.amazonaws.global.cloudfront.origin-facing"
    ]


def test_an_account_is_bootstrapped_once_the_parameter_of_it_is_there(
    session: boto3.Session,
) -> None:
    account = identify()
    assert not account.is_bootstrapped()
    session.client("ssm").put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String"
    )
    assert account.is_bootstrapped()


def test_a_stage_is_found_by_its_outputs_alone(
    cloud: dict[str, str], session: boto3.Session
) -> None:
    site = "https://site.example"
    deployed(session, "fib-there-api-gateway", ApiGatewayUrl="https://api.example")
    deployed(
        session,
        "fib-there-website",
        WebsiteUrl=site,
        ServiceUrl=f"{site}/api/server",
        LambdaUrl=f"{site}/api/lambda",
    )
    assert read_urls(session, Stage.named("there")) == (
        site,
        f"{site}/api/server",
        f"{site}/api/lambda",
        "https://api.example",
    )
    printed = {
        name: ask("infra.cli.stage_urls", "there", name, **cloud).stdout for name in BACKENDS
    }
    assert printed == {"server": f"{site}/api/server\n", "lambda": "https://api.example\n"}


def test_a_stage_that_is_not_there_or_not_whole_is_told_in_a_line(
    cloud: dict[str, str], session: boto3.Session
) -> None:
    line = refusal("infra.cli.stage_urls", "absent", "lambda", **cloud)
    assert line == f"fib: there is no stack fib-absent-website in {REGION}"
    deployed(session, "fib-half-website", WebsiteUrl="https://site.example")
    deployed(session, "fib-half-api-gateway", ApiGatewayUrl="https://api.example")
    line = refusal("infra.cli.stage_urls", "half", "server", **cloud)
    assert line == "fib: stage half is not whole: no output 'ServiceUrl'"
