"""The commands behind `make deploy` and its like, up to the point where `cdk` would run."""

from pathlib import Path

import pytest
from local_stack.environment import REGION

from infra.cli.account import Account, identify
from infra.cli.deployed_stacks import find_template
from infra.cli.stage_urls import BACKENDS, StageUrls, read_urls
from infra.stage import Stage
from tests.infra.aws_answers import account_with
from tests.infra.empty_cloud import NO_CREDENTIALS, cloud, create_stack, refusal, run

DEPLOY = "infra.cli.deploy"
URLS = "infra.cli.stage_urls"
SITE = "https://site.example"
LONG = pytest.mark.long


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Environment variables that lead to a cloud of our own, with nothing in it."""
    return cloud()


@pytest.fixture
def account(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Account:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return identify()


def create_stage(account: Account, name: str) -> None:
    cloudformation = account.client("cloudformation")
    create_stack(cloudformation, f"fib-{name}-api-gateway", ApiGatewayUrl="https://api.example")
    create_stack(
        cloudformation,
        f"fib-{name}-website",
        WebsiteUrl=SITE,
        ServiceUrl=f"{SITE}/api/server",
        LambdaUrl=f"{SITE}/api/lambda",
    )


@pytest.mark.parametrize(
    "command",
    ["deploy", *(pytest.param(each, marks=LONG) for each in ("diff", "preflight", "destroy"))],
)
def test_missing_credentials_are_reported(command: str) -> None:
    arguments = (DEPLOY, command, "--stage", "dev")
    assert "no AWS credentials" in refusal(*arguments, AWS_REGION=REGION, **NO_CREDENTIALS)
    assert "set AWS_REGION" in refusal(*arguments, **NO_CREDENTIALS)


@pytest.mark.parametrize("module", [DEPLOY, pytest.param(URLS, marks=LONG)])
@pytest.mark.parametrize(
    "program",
    ["/nowhere/program", "/etc/hostname", "/bin/echo nonsense"],
    ids=["missing", "not-executable", "nonsense"],
)
def test_broken_credential_process_is_reported(module: str, program: str, tmp_path: Path) -> None:
    """Prove that no way to credentials ends in a stack trace: none, not executable, nonsense."""
    config = tmp_path / "config"
    config.write_text(f"[default]\nregion = {REGION}\ncredential_process = {program}\n")
    variables = NO_CREDENTIALS | {"AWS_CONFIG_FILE": str(config)}
    arguments = ("diff", "--stage", "dev") if module == DEPLOY else ("dev", "server")
    assert "no AWS credentials: " in refusal(module, *arguments, **variables)


def test_region_is_read_from_either_variable(environment: dict[str, str]) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        variables = {**environment, "AWS_REGION": "", name: "eu-west-1"}
        line = refusal(URLS, "dev", "server", **variables)
        assert line == "fib: there is no stack fib-dev-website in eu-west-1"


def test_missing_container_engine_is_reported_first(
    environment: dict[str, str], account: Account
) -> None:
    ended = run(DEPLOY, "deploy", **environment)
    assert ended.returncode == 1
    assert "FAIL  container engine" in ended.stdout
    assert "the account is not ready: container engine" in ended.stderr
    assert not account.client("cloudformation").describe_stacks()["Stacks"]


@pytest.mark.parametrize("module", [DEPLOY, URLS])
def test_invalid_stage_name_is_reported(module: str) -> None:
    arguments = ("deploy", "--stage", "Dev") if module == DEPLOY else ("Dev", "server")
    assert "STAGE is a letter and" in refusal(module, *arguments)


def test_prod_is_not_destroyed(environment: dict[str, str]) -> None:
    line = refusal(DEPLOY, "destroy", "--stage", "prod", **environment)
    assert "prod keeps its data" in line


def test_destroy_needs_a_stage(environment: dict[str, str]) -> None:
    assert "STAGE=…" in refusal(DEPLOY, "destroy", **environment)


@pytest.mark.parametrize("backend", BACKENDS)
def test_tests_and_load_refuse_prod(
    backend: str, environment: dict[str, str], account: Account
) -> None:
    """Prove what `make test-api` and `make load` do, which take their URL from this command."""
    create_stage(account, "prod")
    try:
        assert "set YES=1 to allow it" in refusal(URLS, "prod", backend, **environment)
        allowed = run(URLS, "prod", backend, YES="1", **environment)
        assert allowed.stdout.startswith("https://")
    finally:
        for stack in ("api-gateway", "website"):
            account.client("cloudformation").delete_stack(StackName=f"fib-prod-{stack}")


def test_cloudfront_address_list_is_found(account: Account) -> None:
    found = account.client("ec2").describe_managed_prefix_lists(
        PrefixListIds=[account.cloudfront_prefix_list()]
    )["PrefixLists"]
    names = [each["PrefixListName"] for each in found]
    assert names == ["com.amazonaws.global.cloudfront.origin-facing"]


def test_bootstrap_is_recognized_by_its_parameter(account: Account) -> None:
    assert not account.is_bootstrapped()
    account.client("ssm").put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String"
    )
    assert account.is_bootstrapped()


@pytest.mark.parametrize("status", ["REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"])
def test_stack_without_resources_has_an_empty_template(status: str) -> None:
    """Prove that what a deploy left that was interrupted or failed does not stop the next one."""
    account = account_with(
        {
            "cloudformation.DescribeStacks": {"Stacks": [{"StackStatus": status}]},
            "cloudformation.GetTemplate": {"TemplateBody": ""},
        }
    )
    assert find_template(account, "fib-dev-website") == {"Resources": {}}


def test_urls_are_read_from_outputs(environment: dict[str, str], account: Account) -> None:
    create_stage(account, "there")
    assert read_urls(account, Stage(name="there")) == StageUrls(
        website=SITE,
        server=f"{SITE}/api/server",
        lambda_=f"{SITE}/api/lambda",
        http_api="https://api.example",
    )
    printed = {name: run(URLS, "there", name, **environment).stdout for name in BACKENDS}
    assert printed == {"server": f"{SITE}/api/server\n", "lambda": "https://api.example\n"}


def test_missing_or_incomplete_stage_is_reported(
    environment: dict[str, str], account: Account
) -> None:
    line = refusal(URLS, "absent", "lambda", **environment)
    assert line == f"fib: there is no stack fib-absent-website in {REGION}"
    cloudformation = account.client("cloudformation")
    create_stack(cloudformation, "fib-half-website", WebsiteUrl=SITE)
    create_stack(cloudformation, "fib-half-api-gateway", ApiGatewayUrl="https://api.example")
    line = refusal(URLS, "half", "server", **environment)
    assert line == "fib: stage half is incomplete: no output 'ServiceUrl'"
