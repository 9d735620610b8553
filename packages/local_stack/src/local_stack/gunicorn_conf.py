"""Gunicorn's configuration for the local API Gateway and the site: threads, nothing patched."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gunicorn.workers.base import Worker

worker_class = "gthread"
threads = 64
control_socket_disable = True
keepalive = 75
graceful_timeout = 5
loglevel = "warning"


def pre_request(_: "Worker", request: Any) -> None:
    """Let the application close the connection of a body that is too large."""
    request.body.close_connection = request.force_close
