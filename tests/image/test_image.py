"""The image as it would be deployed, on one CPU and 512 MB."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fibcore import Settings
from local_stack.environment import CREDENTIALS
from server_api import server_timeouts

from tests.api.http_client import Backend
from tests.api.test_server_stop import refused_when_it_stops_accepting
from tests.conftest import require_tools, skip_or_fail
from tests.image import image_without_engine
from tests.image.container import CPU_PERIOD_MICROSECONDS, MEMORY_BYTES, Container, Image, run
from tests.processes import free_port

ROOT = Path(__file__).parents[2]
# The first test pays for the build, with the base from Debian's mirror.
pytestmark = [pytest.mark.long, pytest.mark.alone, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def built() -> Image:
    require_tools("the container image", "buildah", "debootstrap", "runc")
    if os.geteuid() != 0:
        skip_or_fail("the container image: buildah on a base by debootstrap needs root")
    return Image(image_without_engine.build_without_engine())


@pytest.fixture
def started(
    built: Image, new_table: Callable[..., Settings]
) -> Iterator[tuple[Backend, Container]]:
    settings = new_table()
    port = free_port()
    environment = {
        **CREDENTIALS,
        "COUNTER_TABLE_NAME": settings.table_name,
        "AWS_REGION": settings.region,
        "AWS_ENDPOINT_URL_DYNAMODB": settings.endpoint_url or "",
        "PORT": str(port),
    }
    with run(built, environment, port=port) as container:
        yield Backend(f"http://localhost:{port}"), container


def test_the_image_passes_the_api_suite_within_its_limits(
    started: tuple[Backend, Container],
) -> None:
    backend, container = started
    memory = container.cgroup("memory", "memory.limit_in_bytes", "memory.max")
    assert memory == str(MEMORY_BYTES)
    quota = container.cgroup("cpu", "cpu.cfs_quota_us", "cpu.max")
    assert quota.split()[0] == str(CPU_PERIOD_MICROSECONDS)
    suite = [sys.executable, "-m", "pytest", "-q", "tests/api", f"--backend-url={backend.url}"]
    ended = subprocess.run(suite, cwd=ROOT, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    peak = container.cgroup("memory", "memory.max_usage_in_bytes", "memory.peak")
    print(f"{ended.stdout.splitlines()[-1]}; at most {int(peak) / 1024**2:.0f} MiB in the cgroup")


# Of the server itself, the container's first process; everybody may write to the last two
# folders, so that they refuse is the file system's doing.
_ASK = """
import json, os
status = dict(line.split(":", 1) for line in open("/proc/1/status"))
folders = ["/", "/opt/fib", "/tmp", "/var/tmp"]
print(json.dumps({
    "users": status["Uid"].split(),
    "capabilities": [status[name].strip() for name in ("CapEff", "CapBnd")],
    "may gain": status["NoNewPrivs"].strip() == "0",
    "read-only": bool(os.statvfs("/").f_flag & os.ST_RDONLY),
    "writable": [folder for folder in folders if os.access(folder, os.W_OK)],
}))
"""


def test_the_server_is_no_root_may_nothing_and_has_no_file_to_write(
    started: tuple[Backend, Container],
) -> None:
    _, container = started
    found = json.loads(container.execute("python3", "-c", _ASK))
    assert "0" not in found.pop("users")
    assert found == {
        "capabilities": ["0" * 16] * 2,
        "may gain": False,
        "read-only": True,
        "writable": [],
    }


def test_the_health_check_of_the_image_passes(
    built: Image, started: tuple[Backend, Container]
) -> None:
    _, container = started
    kind, *command = built.config()["Healthcheck"]["Test"]
    assert kind == "CMD"
    container.execute(*command)


def test_a_container_that_stops_answers_what_is_in_flight_and_ends(
    started: tuple[Backend, Container],
) -> None:
    backend, container = started
    port = int(backend.url.rpartition(":")[2])
    with (
        closing(http.client.HTTPConnection("localhost", port)) as idle,
        socket.create_connection(("localhost", port), timeout=20) as in_flight,
    ):
        idle.request("GET", "/health")
        assert idle.getresponse().read() == b'{"status":"ok"}'
        in_flight.sendall(b"POST /next HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nx")
        assert backend.request("GET", "/health").status == 200
        container.process.process.send_signal(signal.SIGTERM)
        refused_when_it_stops_accepting(backend)
        in_flight.sendall(b"x")
        answered = http.client.HTTPResponse(in_flight)
        answered.begin()
        assert answered.read() == b'{"index":1,"value":"1"}'
        # Later it would be killed.
        assert container.process.process.wait(server_timeouts.KILL) == 0
    assert container.process.loud_lines() == []
