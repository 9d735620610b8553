"""The function that seeds the counter, with the events of CloudFormation, on DynamoDB Local."""

import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from fibcore import Settings
from fibcore.dynamodb.client import create_client
from lambda_api import seed_handler
from local_stack.environment import local_environment

from tests.infra.conftest import Templates
from tests.infra.custom_resource_handlers import cloudformation


class Invocation:
    """The context of an invocation that may take `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self._ends_at - time.monotonic()) * 1000)


@pytest.fixture
def settings(dynamodb_port: int, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An environment that names a table that does not exist yet."""
    name = {"COUNTER_TABLE_NAME": f"seed-{uuid.uuid4().hex}"}
    environ = local_environment(dynamodb_port=dynamodb_port, variables=name)
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    return Settings.from_environ(environ)


@pytest.fixture
def answers() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    with cloudformation() as served:
        yield served


def create_table(settings: Settings) -> None:
    create_client(settings).create_table(
        TableName=settings.table_name,
        KeySchema=[{"AttributeName": "counter", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "counter", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def event(url: str, request_type: str = "Create") -> dict[str, Any]:
    return {
        "RequestType": request_type,
        "ResponseURL": url,
        "StackId": "stack",
        "RequestId": "1",
        "LogicalResourceId": "CounterSeed",
    }


def test_seed_retries_until_the_table_answers(
    settings: Settings, answers: tuple[str, list[dict[str, Any]]]
) -> None:
    url, received = answers
    later = threading.Timer(1.5, create_table, [settings])
    later.start()
    seed_handler.handler(event(url), Invocation(30))
    later.join()
    assert [answer["Status"] for answer in received] == ["SUCCESS"]
    items = create_client(settings).scan(TableName=settings.table_name)["Items"]
    assert items == [{"counter": {"S": "current"}, "value": {"N": "0"}}]


def test_seed_answers_before_its_time_is_up(
    settings: Settings, answers: tuple[str, list[dict[str, Any]]]
) -> None:
    url, received = answers
    invocation = Invocation(11)
    seed_handler.handler(event(url), invocation)
    assert invocation.get_remaining_time_in_millis() > 5_000
    assert [answer["Status"] for answer in received] == ["FAILED"]
    assert "could not be seeded" in received[0]["Reason"]
    assert received[0]["PhysicalResourceId"] == settings.table_name


def test_deleting_the_seed_touches_no_table(
    settings: Settings, answers: tuple[str, list[dict[str, Any]]]
) -> None:
    url, received = answers
    seed_handler.handler(event(url, "Delete"), Invocation(30))
    assert [answer["Status"] for answer in received] == ["SUCCESS"]
    assert not create_client(settings).list_tables()["TableNames"].count(settings.table_name)


def test_silent_seed_fails_in_two_minutes(dev: Templates) -> None:
    """Prove the limit on a function that dies at import; CloudFormation's default is an hour."""
    assert int(dev.one("Custom::CounterSeed")["ServiceTimeout"]) <= 120
