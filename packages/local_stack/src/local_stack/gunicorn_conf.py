"""Gunicorn's configuration for the local API Gateway and the site: threads, nothing patched."""

from typing import TYPE_CHECKING, Any

from server_api import host

if TYPE_CHECKING:
    from gunicorn.workers.base import Worker

worker_class = "gthread"
threads = 64
worker_connections = 4_096
control_socket_disable = True
keepalive = 75
# A worker whose master was killed holds the port for so many seconds.
graceful_timeout = 1
loglevel = "warning"
# By default a client's SCRIPT_NAME header cuts its path, or makes the request fail.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

host.raise_open_files_limit()
worker_tmp_dir = host.memory_folder()


def pre_request(_: "Worker", request: Any) -> None:
    """Let the application close the connection of a body that is too large."""
    request.body.close_connection = request.force_close
