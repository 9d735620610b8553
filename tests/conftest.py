"""What every level of tests shares: one DynamoDB Local, a new table for whoever asks."""

import os
import uuid
from collections.abc import Callable, Iterator

import pytest
from fibcore import Settings
from local_stack import programs
from local_stack.environment import CREDENTIALS, local_environment
from local_stack.table import create_and_seed

from tests.processes import free_port, running

os.environ.update(CREDENTIALS)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backend-url", help="run tests/api against this URL instead")


def skip_or_fail(reason: str) -> None:
    """Skip the test for want of a system tool; fail it where nothing may be skipped."""
    if os.environ.get("FIB_NO_SKIP"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def dynamodb_port() -> Iterator[int]:
    """The port of a DynamoDB Local that keeps its data in memory."""
    port = free_port()
    with running(programs.dynamodb(port=port), port=port):
        yield port


@pytest.fixture(scope="session")
def new_table(dynamodb_port: int) -> Callable[..., Settings]:
    """Make a table of its own, seeded, and return the settings that lead to it."""

    def make(**variables: str) -> Settings:
        named = {"COUNTER_TABLE_NAME": f"test-{uuid.uuid4().hex}", **variables}
        environ = local_environment(dynamodb_port=dynamodb_port, variables=named)
        settings = Settings.from_environ(environ)
        create_and_seed(settings)
        return settings

    return make
