"""What a deployed stage keeps when it is deployed again. `test_deploy` says what that proves."""

import json

import pytest

from infra.outputs import API_GATEWAY, STACKS, STORAGE, WEBSITE
from tests.infra.package_assertions import body, event
from tests.rehearsal.deployment import Deployment

# There are two deploys at most, and the first deploy if these tests run alone.
pytestmark = pytest.mark.timeout(600)


def _index(deployment: Deployment, table: str) -> int:
    """Return the index in the item."""
    key = {"counter": {"S": "current"}}
    answer = deployment.cloud.client("dynamodb").get_item(TableName=table, Key=key)
    return int(answer["Item"]["value"]["N"])


def _step(deployment: Deployment) -> int:
    """Call the function as the HTTP API would, to move the counter; return the index."""
    answer = deployment.cloud.client("lambda").invoke(
        FunctionName=deployment.physical_id(API_GATEWAY, "AWS::Lambda::Alias"),
        Payload=json.dumps(event("POST", "/next")),
    )
    index: int = body(json.loads(answer["Payload"].read()))["index"]
    return index


def test_second_seed_keeps_the_counter(deployment: Deployment, table: str) -> None:
    moved = _step(deployment)
    assert moved == _index(deployment, table) > 0
    for request_type in ("Create", "Update"):
        deployment.ask_custom_resource(STORAGE, "Custom::CounterSeed", request_type)
        assert _index(deployment, table) == moved


@pytest.mark.long
def test_same_deploy_again_changes_nothing(deployment: Deployment, table: str) -> None:
    before, moved = deployment.last_changes(), _step(deployment)
    told = deployment.again()
    assert told.count("(no changes)") == len(STACKS)
    assert deployment.last_changes() == before
    assert _index(deployment, table) == moved


@pytest.mark.long
def test_changed_page_updates_the_website_only(deployment: Deployment, table: str) -> None:
    before, moved = deployment.last_changes(), _step(deployment)
    page = deployment.checkout / "site/public/index.html"
    mark = b"<!-- changed -->\n"
    page.write_bytes(page.read_bytes() + mark)
    deployment.again()
    bucket = deployment.physical_id(WEBSITE, "AWS::S3::Bucket")
    served = deployment.cloud.client("s3").get_object(Bucket=bucket, Key="index.html")
    # The deploy also writes the whole address of the preview picture into the page.
    assert served["Body"].read().endswith(mark)
    after = deployment.last_changes()
    assert [stack for stack in STACKS if after[stack] != before[stack]] == [WEBSITE]
    assert _index(deployment, table) == moved
