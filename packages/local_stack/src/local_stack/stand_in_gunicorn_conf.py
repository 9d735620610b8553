"""Gunicorn's configuration for the local API Gateway and the site: threads, and no gevent."""

from typing import TYPE_CHECKING, Any

from fibcore.http import contract
from server_api import host

if TYPE_CHECKING:
    from gunicorn.workers.base import Worker

worker_class = "gthread"
threads = 64
worker_connections = 4_096
control_socket_disable = True
keepalive = 75
# A worker whose master was killed holds the port for this long, while its clients ask on.
graceful_timeout = 1
loglevel = "warning"
limit_request_line = 8_190
limit_request_fields = contract.HEAD_FIELDS + 32
limit_request_field_size = contract.FIELD_BYTES + 256
# Otherwise a client's SCRIPT_NAME header would cut its path, or fail.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

host.raise_open_files_limit()
worker_tmp_dir = host.memory_folder()


def pre_request(_: "Worker", request: Any) -> None:
    """Let the application close a connection whose request body is too large."""
    request.body.close_connection = request.force_close
