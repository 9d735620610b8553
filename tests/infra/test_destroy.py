"""Taking a stage down, as far as it can be tried without AWS.

These tests run the code of CDK's own custom resources, from the synthesized assembly, with the
Delete events that CloudFormation sends. moto stands in for S3. They prove that the site's bucket is
empty when CloudFormation deletes it.
"""

import shutil
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.infra.conftest import Templates
from tests.infra.custom_resource_handlers import cloudformation, run_handler
from tests.infra.empty_cloud import cloud

BUCKET = "site"


@pytest.fixture
def s3() -> Any:
    return boto3.client("s3", "us-east-1", endpoint_url=cloud()["AWS_ENDPOINT_URL"])


def _delete_custom_resource(
    templates: Templates, resource: dict[str, Any], endpoint: str, folder: Path
) -> None:
    """Send a Delete event to the function of a custom resource, from the assembly."""
    function_id, _ = resource["Properties"]["ServiceToken"]["Fn::GetAtt"]
    function = templates.resources("website")[function_id]["Properties"]
    asset = function["Code"]["S3Key"].removesuffix(".zip")
    shutil.copytree(templates.folder / f"asset.{asset}", folder)
    # `Ref` of the bucket is its name, and CloudFormation turns scalars into strings.
    properties = {
        name: BUCKET if isinstance(value, dict) else str(value).lower() if value in (True, False)
        else value
        for name, value in resource["Properties"].items()
    }  # fmt: skip
    with cloudformation() as (answer_url, answers):
        ended = run_handler(
            folder,
            function["Handler"],
            {
                "RequestType": "Delete",
                "ResponseURL": answer_url,
                "StackId": "stack",
                "RequestId": "1",
                "LogicalResourceId": "resource",
                "PhysicalResourceId": "resource",
                "ResourceProperties": properties,
            },
            {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1"},
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [answer["Status"] for answer in answers] == ["SUCCESS"], ended.stdout + ended.stderr


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_files_come_after_the_function_that_empties_the_bucket(
    stage: str, request: pytest.FixtureRequest
) -> None:
    """Prove that a first deploy that fails can be rolled back, at whatever point it failed.

    CloudFormation deletes only what it has created. With the files in the bucket and no function to
    empty it, the deletion of the bucket fails: https://github.com/CloudSnorkel/cdk-turbo-layers/pull/83
    """
    templates: Templates = request.getfixturevalue(stage)
    resources = templates.resources("website")
    (files,) = templates.of("Custom::CDKBucketDeployment", stack="website")
    before = {resources[each]["Type"] for each in files.get("DependsOn", [])}
    assert "Custom::S3AutoDeleteObjects" in before


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_bucket_is_deleted_with_its_stack(
    stage: str, request: pytest.FixtureRequest, s3: Any, tmp_path: Path
) -> None:
    templates: Templates = request.getfixturevalue(stage)
    (bucket,) = templates.of("AWS::S3::Bucket")
    assert bucket["DeletionPolicy"] == "Delete"
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": bucket["Properties"]["Tags"]})
    for key in ("index.html", "js/app.js"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    custom = templates.of_prefix("Custom::", stack="website")
    for number, resource in enumerate(reversed(custom)):
        _delete_custom_resource(templates, resource, s3.meta.endpoint_url, tmp_path / str(number))
    s3.delete_bucket(Bucket=BUCKET)  # BucketNotEmpty if a file is left
    with pytest.raises(ClientError):
        s3.head_bucket(Bucket=BUCKET)
