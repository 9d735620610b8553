"""The AWS of a rehearsal: a moto server in its own process."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import boto3
from local_stack.environment import REGION, local_environment, url
from local_stack.programs import Program

from infra import ROOT
from tests.processes import Running, free_port, running

ACCOUNT: Final = "123456789012"


@dataclass(frozen=True)
class Cloud:
    """The moto server and its output."""

    port: int
    process: Running

    def environment(self) -> dict[str, str]:
        """Return the environment in which a program takes this server for AWS."""
        return _environment(self.port)

    def client(self, service: str) -> Any:
        """Return a client of a service."""
        session = boto3.Session(region_name=REGION)
        return session.client(service, endpoint_url=url(self.port))  # type: ignore[call-overload] # any

    def stand_ins(self) -> list[str]:
        """Return the types of the resources for which a stand-in was used."""
        return self._told(r"^stand-in: (\S+)$")

    def skipped(self) -> list[str]:
        """Return the types of the resources that moto skipped."""
        return self._told(r"^No Moto CloudFormation support for (\S+)$")

    def faults(self) -> str:
        """Return the end of the server's output, without successful requests."""
        lines = self.process.output().splitlines()
        return "\n".join([line for line in lines if '" 200 -' not in line][-60:])

    def _told(self, line: str) -> list[str]:
        return sorted(set(re.findall(line, self.process.output(), re.MULTILINE)))


@contextmanager
def cloud() -> Iterator[Cloud]:
    """Run an empty server; enter when it answers."""
    port = free_port()
    server = Program(
        [sys.executable, "-m", "tests.rehearsal.stand_ins", str(port)],
        _environment(port) | {"PYTHONPATH": str(ROOT)},
    )
    with running(server, port=port) as process:
        yield Cloud(port, process)


def _environment(port: int) -> dict[str, str]:
    here = {"AWS_ENDPOINT_URL": url(port), "AWS_DEFAULT_REGION": REGION}
    return local_environment(dynamodb_port=port) | here
