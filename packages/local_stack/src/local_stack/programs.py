"""The command and the environment of each process of the stack."""

import sys
from pathlib import Path
from typing import NamedTuple

from server_api.server_settings import PORT

from local_stack import dynamodb_local
from local_stack.environment import local_environment
from local_stack.stack_settings import LocalSettings


class Program(NamedTuple):
    """A process to start.

    Attributes:
        command: The program and its arguments.
        environment: Its whole environment.
        folder: The folder in which it runs; Gunicorn can't run in every one.
    """

    command: list[str]
    environment: dict[str, str]
    folder: Path = Path("/")


def server(*, port: int, dynamodb_port: int, **variables: str) -> Program:
    """Return the Flask backend, as its container runs it but on localhost only."""
    return Program(
        _gunicorn("server_api.gunicorn_conf", port),
        local_environment(
            dynamodb_port=dynamodb_port, variables={PORT.name: str(port), **variables}
        ),
    )


def lambda_api(*, port: int, dynamodb_port: int, **variables: str) -> Program:
    """Return the Lambda backend behind the local API Gateway."""
    application = "local_stack.api_gateway_stand_in:create_application()"
    return Program(
        [*_gunicorn("local_stack.stand_in_gunicorn_conf", port), application],
        local_environment(dynamodb_port=dynamodb_port, variables=variables),
    )


def site(*, port: int, server_port: int, lambda_port: int) -> Program:
    """Return the website's server."""
    application = f"local_stack.site_server:create_application({server_port}, {lambda_port})"
    return Program(
        [*_gunicorn("local_stack.stand_in_gunicorn_conf", port), application],
        local_environment(dynamodb_port=port),
    )


def _gunicorn(configuration: str, port: int) -> list[str]:
    # The server's own configuration binds every interface, as a container wants it.
    bind = f"127.0.0.1:{port}"
    # The script `gunicorn` is not used, because its first line can't hold every path.
    return [sys.executable, "-m", "gunicorn", "-c", f"python:{configuration}", "--bind", bind]


def dynamodb(*, port: int, data_dir: Path | None = None) -> Program:
    """Return DynamoDB Local, which keeps its data in memory if there is no `data_dir`."""
    if data_dir:
        data_dir.mkdir(parents=True, exist_ok=True)
    command = dynamodb_local.command(port, data_dir)
    # DynamoDB Local writes a file into the folder in which it runs.
    return Program(command, local_environment(dynamodb_port=port), data_dir or Path("/"))


def table(*, dynamodb_port: int) -> Program:
    """Return what creates and seeds the table, and ends."""
    return Program(
        [sys.executable, "-m", "local_stack.table"],
        local_environment(dynamodb_port=dynamodb_port),
    )


def stack(local: LocalSettings) -> dict[str, Program]:
    """Return all processes that go on running, by name."""
    return {
        "dynamodb": dynamodb(port=local.dynamodb_port, data_dir=local.data_dir / "dynamodb"),
        "server": server(port=local.server_port, dynamodb_port=local.dynamodb_port),
        "lambda": lambda_api(port=local.lambda_port, dynamodb_port=local.dynamodb_port),
        "site": site(
            port=local.site_port, server_port=local.server_port, lambda_port=local.lambda_port
        ),
    }
