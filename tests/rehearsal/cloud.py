"""AWS as far as moto models it, in a process of its own."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from local_stack.environment import CREDENTIALS, REGION, local_environment, url
from local_stack.programs import Program

from tests.processes import Running, free_port, running

ACCOUNT = "123456789012"
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Cloud:
    """A moto server of one's own."""

    port: int
    process: Running

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a program for which this is AWS."""
        return environment(self.port)

    def client(self, service: str) -> Any:
        """Return a client of one of its services."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # any of them
            endpoint_url=url(self.port),
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )


@contextmanager
def cloud() -> Iterator[Cloud]:
    """Run it, empty, from when it answers."""
    port = free_port()
    server = Program(
        [sys.executable, "-m", "tests.rehearsal.stand_ins", str(port)],
        environment(port) | {"PYTHONPATH": str(_ROOT)},
    )
    with running(server, port=port) as process:
        yield Cloud(port, process)


def environment(port: int) -> dict[str, str]:
    return local_environment(dynamodb_port=port) | {
        "AWS_ENDPOINT_URL": url(port),
        "AWS_DEFAULT_REGION": REGION,
    }
