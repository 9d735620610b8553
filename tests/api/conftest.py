"""The backends that the API suite tests: both of ours on one table, or any deployed URL."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from fibcore import Settings
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.item import INDEX_NAME, KEY_NAME, KEY_VALUE
from local_stack import programs

from tests.api.http_client import Backend
from tests.processes import Running, free_port, running

MAX_INDEX = 1_000
START = {"server": programs.server, "lambda": programs.lambda_api}


def pytest_report_header(config: pytest.Config) -> str:
    return f"backend: {config.getoption('--backend-url') or 'server and lambda, started here'}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend" in metafunc.fixturenames:
        deployed = metafunc.config.getoption("--backend-url")
        names = ["deployed"] if deployed else list(START)
        metafunc.parametrize("backend", names, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect, for a deployed backend, the tests that need its table or its process."""
    if not config.getoption("--backend-url"):
        return
    ours = {"table", "backends", "start_backend"}
    kept = [
        item
        for item in items
        if not ours.intersection(getattr(item, "fixturenames", ()))
        and not item.get_closest_marker("own_server")
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


@dataclass
class Table:
    """The counter's table, so that a test can set the index."""

    settings: Settings

    def put(self, index: int) -> None:
        """Set the index."""
        create_client(self.settings).put_item(
            TableName=self.settings.table_name,
            Item={KEY_NAME: {"S": KEY_VALUE}, INDEX_NAME: {"N": str(index)}},
        )


@pytest.fixture(scope="session")
def start_backend() -> Callable[..., Iterator[tuple[Backend, Running]]]:
    """Run one backend on a table: `start_backend(name, settings, **variables)`."""

    def start(name: str, settings: Settings, **variables: str) -> Iterator[tuple[Backend, Running]]:
        port = free_port()
        environ = {"COUNTER_TABLE_NAME": settings.table_name, **variables}
        endpoint = settings.endpoint_url or ""
        dynamodb_port = int(endpoint.rpartition(":")[2])
        program = START[name](port=port, dynamodb_port=dynamodb_port, **environ)
        with running(program, port=port) as process:
            yield Backend(f"http://localhost:{port}"), process

    return start


@pytest.fixture(scope="session")
def table(new_table: Callable[..., Settings]) -> Table:
    return Table(new_table())


@pytest.fixture(scope="session")
def backends(
    table: Table, start_backend: Callable[..., Iterator[tuple[Backend, Running]]]
) -> Iterator[dict[str, Backend]]:
    """Both backends on one table."""
    bound = str(MAX_INDEX)
    started = {name: start_backend(name, table.settings, FIB_MAX_INDEX=bound) for name in START}
    yield {name: next(run)[0] for name, run in started.items()}
    for run in started.values():
        next(run, None)


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> Backend:
    """The backend under test."""
    if request.param == "deployed":
        return Backend(request.config.getoption("--backend-url").rstrip("/"))
    backends: dict[str, Backend] = request.getfixturevalue("backends")
    return backends[request.param]
