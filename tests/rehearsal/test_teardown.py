"""What is left when a stage is deleted, as far as moto can delete it.

moto does not call the functions of custom resources when it deletes a stack, so this test calls the
function that empties the bucket, as CloudFormation does. moto can't delete the network, so the ECS
stack stays. What this proves is that `cdk destroy` deletes the other stacks, with bucket, table and
logs.
"""

import pytest

from infra.outputs import API_GATEWAY, STORAGE, WEBSITE
from infra.stage import APPLICATION
from tests.rehearsal.deployment import STAGE, Deployment

pytestmark = pytest.mark.timeout(600)


def _names(deployment: Deployment) -> set[str]:
    """Return the names of the buckets, tables, functions and log groups that the stage has."""
    cloud = deployment.cloud
    listed = (
        *(each["Name"] for each in cloud.client("s3").list_buckets()["Buckets"]),
        *cloud.client("dynamodb").list_tables()["TableNames"],
        *(each["FunctionName"] for each in cloud.client("lambda").list_functions()["Functions"]),
        *(each["logGroupName"] for each in cloud.client("logs").describe_log_groups()["logGroups"]),
    )
    ours = f"{APPLICATION}-{STAGE.name}-"
    return {name for name in listed if name.removeprefix("/aws/vendedlogs/").startswith(ours)}


def test_destroy_leaves_no_data(deployment: Deployment, table: str) -> None:
    before = _names(deployment)
    assert table in before
    deployment.ask_custom_resource(WEBSITE, "Custom::S3AutoDeleteObjects", "Delete")
    bucket = deployment.physical_id(WEBSITE, "AWS::S3::Bucket")
    assert "Contents" not in deployment.cloud.client("s3").list_objects_v2(Bucket=bucket)
    deployment.destroy(WEBSITE, API_GATEWAY, STORAGE)
    # While moto deletes, it creates some resources anew under other names.
    left = before & _names(deployment)
    assert {name for name in left if f"-{STAGE.name}-ecs-" not in name} == set()
