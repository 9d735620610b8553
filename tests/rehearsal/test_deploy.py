"""The cloud without an AWS account: the real `cdk` command against a local moto server.

A green run proves this:

- The templates resolve, and so do the references from one stack to another.
- Every asset is built and published, and its resource gets it. The published zip answers events.
- The custom resources run as deployed: our own code seeds the counter, and the site is in its
  bucket with its `config.json`.
- Functions have their code and environment, and roles have policies that name deployed resources.
- The outputs are the URLs.
- The same deploy again changes nothing, and a change updates its own stack only.

It does not prove what only AWS does. No request goes through CloudFront, the HTTP API or the load
balancer, so routing, throttling, access to the bucket, health checks and scaling are unproven. IAM
enforces nothing here. There is no SnapStart, and no image is run (tests/image does that). Changes
are deployed without change sets. Tests in tests/infra check the templates of what moto skips.
`stand_ins.py` contains everything that is made up.
"""

import base64
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fibcore import Settings, settings
from local_stack.environment import REGION, local_environment

from infra import ROOT, outputs
from infra.components.lambda_package import RUNTIME
from infra.outputs import API_GATEWAY, ECS, STACKS, STORAGE, WEBSITE
from tests.infra.package_assertions import (
    LIMIT_BYTES,
    assert_counts,
    assert_native_code_is_for_the_function,
)
from tests.rehearsal.deployment import PREFIX_LIST, STAGE, Deployment
from tests.rehearsal.rehearsal_cloud import ACCOUNT

# The first test waits for the first deploy.
pytestmark = pytest.mark.timeout(600)

ASSETS = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"


def _function(deployment: Deployment, stack: str) -> dict[str, Any]:
    name = deployment.physical_id(stack, "AWS::Lambda::Function")
    found: dict[str, Any] = deployment.cloud.client("lambda").get_function(FunctionName=name)
    return found


def _code(deployment: Deployment, stack: str) -> bytes:
    """Return the published zip of a function."""
    key = _function(deployment, stack)["Code"]["Location"].rpartition("/")[2]
    published: bytes = (
        deployment.cloud.client("s3").get_object(Bucket=ASSETS, Key=key)["Body"].read()
    )
    return published


def _rights(deployment: Deployment, stack: str) -> list[dict[str, set[str]]]:
    """Return all rights of each role of a stack, by resource."""
    iam = deployment.cloud.client("iam")
    roles = []
    for role in deployment.physical_ids(stack, "AWS::IAM::Role"):
        assert not iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        rights: dict[str, set[str]] = {}
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for statement in policy["Statement"]:
                assert statement["Effect"] == "Allow"
                for resource in _listed(statement["Resource"]):
                    rights.setdefault(resource, set()).update(_listed(statement["Action"]))
        roles.append(rights)
    return roles


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_outputs_name_the_table_and_the_urls(deployment: Deployment, table: str) -> None:
    assert table in deployment.cloud.client("dynamodb").list_tables()["TableNames"]
    website = deployment.outputs(WEBSITE)
    assert website[outputs.WEBSITE_URL].startswith("https://stand-in-")
    assert website[outputs.SERVICE_URL] == website[outputs.WEBSITE_URL] + "/api/server"
    assert website[outputs.LAMBDA_URL] == website[outputs.WEBSITE_URL] + "/api/lambda"


@pytest.mark.parametrize(
    ("backend", "stack", "output"),
    [
        ("server", WEBSITE, outputs.SERVICE_URL),
        ("lambda", API_GATEWAY, outputs.API_GATEWAY_URL),
    ],
)
def test_stage_urls_finds_both_backends(
    deployment: Deployment, backend: str, stack: str, output: str
) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "infra.cli.stage_urls", STAGE.name, backend],
        cwd=ROOT,
        env=deployment.cloud.environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == deployment.outputs(stack)[output]


def test_deploy_seeds_the_counter(deployment: Deployment, table: str) -> None:
    item = deployment.cloud.client("dynamodb").scan(TableName=table)["Items"]
    assert item == [{"counter": {"S": "current"}, "value": {"N": "0"}}]


def test_site_and_config_are_in_the_bucket(
    deployment: Deployment,
) -> None:
    s3, bucket = deployment.cloud.client("s3"), deployment.physical_id(WEBSITE, "AWS::S3::Bucket")
    objects = {
        each["Key"]: s3.get_object(Bucket=bucket, Key=each["Key"])
        for each in s3.list_objects_v2(Bucket=bucket)["Contents"]
    }
    assert {each["CacheControl"] for each in objects.values()} == {"no-cache"}
    contents = {name: each["Body"].read() for name, each in objects.items()}
    website = deployment.outputs(WEBSITE)
    assert json.loads(contents.pop("config.json")) == {
        "backends": [
            {"name": "server", "url": website[outputs.SERVICE_URL]},
            {"name": "lambda", "url": website[outputs.LAMBDA_URL]},
        ]
    }
    site = ROOT / "site/public"
    files = {
        str(file.relative_to(site)): file.read_bytes() for file in site.rglob("*") if file.is_file()
    }
    picture = f'"{website[outputs.WEBSITE_URL]}/preview.png"'.encode()
    files["index.html"] = files["index.html"].replace(b'"preview.png"', picture)
    assert contents == files


@pytest.mark.parametrize(
    ("stack", "handler", "module"),
    [
        (STORAGE, "lambda_api.seed_handler.handler", "lambda_api/seed_handler.py"),
        (API_GATEWAY, "lambda_api.handler.handler", "lambda_api/handler.py"),
    ],
)
def test_functions_have_their_code_and_the_table(
    deployment: Deployment, table: str, stack: str, handler: str, module: str
) -> None:
    configuration = _function(deployment, stack)["Configuration"]
    assert configuration["Handler"] == handler
    assert configuration["Runtime"] == RUNTIME.name
    assert configuration["Environment"]["Variables"] == {settings.COUNTER_TABLE_NAME.name: table}
    code = _code(deployment, stack)
    digest = base64.b64encode(hashlib.sha256(code).digest()).decode()
    assert configuration["CodeSha256"] == digest
    assert module in zipfile.ZipFile(io.BytesIO(code)).namelist()


def test_published_package_answers_events(
    deployment: Deployment,
    new_table: Callable[..., Settings],
    dynamodb_port: int,
    tmp_path: Path,
) -> None:
    code = _code(deployment, API_GATEWAY)
    assert len(code) < LIMIT_BYTES
    zipfile.ZipFile(io.BytesIO(code)).extractall(tmp_path)
    assert_native_code_is_for_the_function(tmp_path)
    named = {settings.COUNTER_TABLE_NAME.name: new_table().table_name}
    assert_counts(tmp_path, local_environment(dynamodb_port=dynamodb_port, variables=named))


def test_rights_name_the_deployed_table(deployment: Deployment, table: str) -> None:
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}"
    to_the_table = {
        stack: [rights[arn] for rights in _rights(deployment, stack) if arn in rights]
        for stack in (STORAGE, API_GATEWAY, ECS)
    }
    counting = {"dynamodb:GetItem", "dynamodb:UpdateItem"}
    assert to_the_table == {
        STORAGE: [{"dynamodb:UpdateItem"}],
        API_GATEWAY: [counting],
        ECS: [counting],
    }


def test_other_rights_are_to_logs_and_the_image(deployment: Deployment, table: str) -> None:
    logs = deployment.cloud.client("logs").describe_log_groups()["logGroups"]
    # AWS gives a log group's ARN with `:*` at the end; moto gives it to a template without.
    known = {each["arn"].removesuffix(":*") for each in logs}
    for stack in (STORAGE, API_GATEWAY, ECS):
        for rights in _rights(deployment, stack):
            for resource, actions in rights.items():
                services = {action.partition(":")[0] for action in actions}
                if services == {"logs"}:
                    assert resource.removesuffix(":*") in known
                elif services == {"ecr"}:
                    assert stack == ECS
                else:
                    assert resource.endswith(f":table/{table}")


def test_task_runs_the_pushed_image(deployment: Deployment, table: str) -> None:
    (container,) = deployment.cloud.client("ecs").describe_task_definition(
        taskDefinition=deployment.physical_id(ECS, "AWS::ECS::TaskDefinition")
    )["taskDefinition"]["containerDefinitions"]
    asked = deployment.asked_of_the_engine()
    (built,) = [command for command in asked if command.startswith("build ")]
    assert "--file packages/server_api/Dockerfile" in built
    assert "--platform linux/arm64" in built
    assert f"push {container['image']}" in asked
    variables = {each["name"]: each["value"] for each in container["environment"]}
    assert variables[settings.COUNTER_TABLE_NAME.name] == table
    assert variables[settings.AWS_REGION.name] == REGION


def test_load_balancer_accepts_only_cloudfront(
    deployment: Deployment,
) -> None:
    (balancer,) = deployment.cloud.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert balancer["Scheme"] == "internal"
    groups = deployment.cloud.client("ec2").describe_security_groups(
        GroupIds=balancer["SecurityGroups"]
    )["SecurityGroups"]
    ((rule,),) = (group["IpPermissions"] for group in groups)
    assert [each["PrefixListId"] for each in rule["PrefixListIds"]] == [PREFIX_LIST]
    assert not rule["IpRanges"]
    assert not rule["UserIdGroupPairs"]


def test_what_moto_skips_has_a_template_test(deployment: Deployment) -> None:
    ours = {kind for stack in STACKS for kind in deployment.kinds(stack)}
    template_tests = "".join(file.read_text() for file in (ROOT / "tests/infra").glob("*.py"))
    nothing_behind = {*deployment.cloud.skipped(), *deployment.cloud.stand_ins()} & ours
    assert not {kind for kind in nothing_behind if f'"{kind}"' not in template_tests}
