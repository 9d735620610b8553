"""Gunicorn's configuration: `gunicorn -c python:server_api.gunicorn_conf`.

This is an entry module: it patches the standard library and reads the environment at import.
"""

# This comes before anything imports ssl or urllib3. Otherwise the first call to AWS recurses
# without end: https://github.com/gevent/gevent/issues/1016
from gevent import monkey

monkey.patch_all()

import os  # noqa: E402
import sys  # noqa: E402
from typing import TYPE_CHECKING, Any  # noqa: E402

from fibcore import InvalidSettings  # noqa: E402
from fibcore.http import contract  # noqa: E402

from server_api import host, server_timeouts  # noqa: E402
from server_api.server_settings import CONNECTIONS_LIMIT, ServerSettings  # noqa: E402

if TYPE_CHECKING:
    from gunicorn.workers.base import Worker

try:
    _settings = ServerSettings.from_environ(os.environ)
except InvalidSettings as fault:
    sys.exit(f"fib: can't start: {fault}")

wsgi_app = "server_api.wsgi:create_application()"
bind = f"0.0.0.0:{_settings.port}"
workers = _settings.processes

# Gunicorn has two gevent workers. `CounterWorker` derives from the one named `gevent`. That one has
# Gunicorn's own HTTP parser, refuses ambiguous framing, closes idle connections and sends
# `Connection: close` when it stops. The other, `gevent_pywsgi`, does none of these, though it
# served a minimal hello-world application 1.3 times as fast. With the C parser of `gunicorn[fast]`,
# requests that move the counter were 1.02 to 1.14 times as fast, but that parser has to be compiled
# from source.
worker_class = "server_api.worker.CounterWorker"
worker_connections = CONNECTIONS_LIMIT
# When 1,500 clients connected at once, they overflowed a backlog of 64, and a client tries again
# only after a second. With this backlog, nearly all clients connect at their first attempt.
backlog = 2_048

# Only the access log uses a forwarded header, and nothing depends on its truth. So Gunicorn need
# not check which peer sent it.
forwarded_allow_ips = "*"
# By default this contains SCRIPT_NAME, and a client's header of that name would shorten the
# request's path or make the request fail.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

# CloudFront and the load balancer add at most 32 fields. `FIELD_BYTES` is the size of a field's
# value, and Gunicorn counts the field's name as well, which gets 256 bytes. `worker.BoundedRequest`
# limits the size of a whole head.
limit_request_line = 8_190  # Gunicorn's highest
limit_request_fields = contract.HEAD_FIELDS + 32
limit_request_field_size = contract.FIELD_BYTES + 256

keepalive = server_timeouts.KEEP_ALIVE
graceful_timeout = server_timeouts.GRACEFUL_STOP
# This limits the worker's heartbeat, not a request. The heartbeat's file is in memory, since a slow
# disk would block the worker.
timeout = 30
worker_tmp_dir = host.memory_folder()

# The control socket would be a file in the home directory, which a container may not write.
control_socket_disable = True

logger_class = "server_api.access_log.JsonAccessLogger"
loglevel = _settings.log_level
accesslog = "-" if _settings.access_log else None
errorlog = "-"

host.raise_open_files_limit()


def pre_request(_: "Worker", request: Any) -> None:
    """Let the application close a connection whose request body it did not read to the end."""
    request.body.close_connection = request.force_close
