"""Faults of the table: clients get `unavailable`, and the log gets one clear line."""

from collections.abc import Callable, Iterator

import pytest
from fibcore import Settings
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.item import INDEX_NAME, KEY_NAME, KEY_VALUE
from fibcore.http import problems

from tests.api.conftest import START
from tests.api.http_client import Backend, assert_problem
from tests.faults.faults import FaultRates
from tests.faults.proxy_control import ProxyControl, proxy_program
from tests.processes import Running, free_port, running

Start = Callable[..., Iterator[tuple[Backend, Running]]]
SHORT_DEADLINE = {"FIB_DEADLINE_SECONDS": "1"}


@pytest.fixture(scope="module", params=list(START))
def on_own_table(
    request: pytest.FixtureRequest, new_table: Callable[..., Settings], start_backend: Start
) -> Iterator[tuple[Backend, Running, Settings]]:
    """A backend on a table of its own."""
    settings = new_table()
    for backend, process in start_backend(request.param, settings):
        yield backend, process, settings


def put(settings: Settings, value: dict[str, str] | None) -> None:
    item = {KEY_NAME: {"S": KEY_VALUE}} | ({INDEX_NAME: value} if value else {})
    create_client(settings).put_item(TableName=settings.table_name, Item=item)


@pytest.mark.parametrize(
    "value", [{"S": "seven"}, {"N": "-1"}, {"N": "10000001"}, {"N": "3.5"}, None]
)
def test_invalid_index_is_unavailable_until_reset(
    on_own_table: tuple[Backend, Running, Settings], value: dict[str, str] | None
) -> None:
    backend, process, settings = on_own_table
    put(settings, value)
    for method, path in [("GET", "/current"), ("POST", "/next"), ("POST", "/previous")]:
        assert_problem(backend.request(method, path), problems.UNAVAILABLE)
    assert "holds no valid index" in process.output()
    assert "Traceback" not in process.output()
    assert backend.request("POST", "/reset").index() == 0
    assert backend.request("POST", "/next").index() == 1


def test_missing_counter_is_unavailable_and_never_created(
    on_own_table: tuple[Backend, Running, Settings],
) -> None:
    backend, process, settings = on_own_table
    client = create_client(settings)
    key = {KEY_NAME: {"S": KEY_VALUE}}
    client.delete_item(TableName=settings.table_name, Key=key)
    for method, path in [("GET", "/current"), ("POST", "/next"), ("POST", "/reset")]:
        assert_problem(backend.request(method, path), problems.UNAVAILABLE)
    assert "is not seeded" in process.output()
    assert "Item" not in client.get_item(TableName=settings.table_name, Key=key)
    put(settings, {"N": "7"})
    assert backend.request("POST", "/next").index() == 8


@pytest.mark.parametrize("name", list(START))
def test_missing_table_is_unavailable(
    name: str, new_table: Callable[..., Settings], start_backend: Start
) -> None:
    settings = new_table()
    for backend, process in start_backend(name, settings, COUNTER_TABLE_NAME="nowhere"):
        for method, path in [("GET", "/current"), ("POST", "/next")]:
            assert_problem(backend.request(method, path), problems.UNAVAILABLE)
        assert "Traceback" not in process.output()
        assert backend.request("GET", "/health").status == 200


@pytest.mark.parametrize("name", list(START))
def test_unreachable_table_is_unavailable_by_the_deadline(
    name: str, new_table: Callable[..., Settings], start_backend: Start
) -> None:
    nowhere = {"AWS_ENDPOINT_URL_DYNAMODB": f"http://localhost:{free_port()}", **SHORT_DEADLINE}
    for backend, process in start_backend(name, new_table(), **nowhere):
        for method, path in [("GET", "/current"), ("POST", "/next")]:
            assert_problem(backend.request(method, path), problems.UNAVAILABLE)
        assert "Traceback" not in process.output()
        assert backend.request("GET", "/health").status == 200


@pytest.mark.parametrize("name", list(START))
def test_throttled_table_is_unavailable_by_the_deadline(
    name: str,
    new_table: Callable[..., Settings],
    start_backend: Start,
    dynamodb_port: int,
) -> None:
    port = free_port()
    through_proxy = {"AWS_ENDPOINT_URL_DYNAMODB": f"http://localhost:{port}", **SHORT_DEADLINE}
    with running(proxy_program(port, dynamodb_port), port=port):
        proxy = ProxyControl(port)
        for backend, _ in start_backend(name, new_table(), **through_proxy):
            assert backend.request("POST", "/next").index() == 1  # The writer has joined.
            proxy.set_faults(FaultRates(throttled=1), seed=0)
            refused = backend.request("POST", "/next")
            assert_problem(refused, problems.UNAVAILABLE)
            assert int(refused.headers["retry-after"]) >= 1
            proxy.set_faults(FaultRates(), seed=0)
            assert backend.request("POST", "/next").index() == 2
