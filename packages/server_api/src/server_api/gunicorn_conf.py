"""Gunicorn's configuration: `gunicorn -c python:server_api.gunicorn_conf`.

An entry module: it patches and reads the environment at import.
"""

# Before anything imports ssl or urllib3, or the first call to AWS recurses without end:
# https://github.com/gevent/gevent/issues/1016
from gevent import monkey

monkey.patch_all()

import os  # noqa: E402
import sys  # noqa: E402
from typing import TYPE_CHECKING, Any  # noqa: E402

from fibcore import InvalidSettings, Settings, timeouts  # noqa: E402

from server_api import host  # noqa: E402

if TYPE_CHECKING:
    from gunicorn.workers.base import Worker

try:
    _settings = Settings.from_environ(os.environ)
except InvalidSettings as fault:
    sys.exit(f"fib: can't start: {fault}")

wsgi_app = "server_api.wsgi:create_application()"
bind = f"0.0.0.0:{_settings.port}"
workers = _settings.processes

# Of the two gevent workers, the one on Gunicorn's own HTTP parser: it refuses ambiguous framing,
# closes idle connections and says `Connection: close` when it stops, none of which
# `gevent_pywsgi` does. That one answered a bare hello 1.3 times as fast. The C parser of
# `gunicorn[fast]` made steps 1.02 to 1.14 times as fast; it comes as source to be compiled.
worker_class = "server_api.worker.CounterWorker"
# An idle one holds some 13 kB, so that all of them are a tenth of 512 MB.
worker_connections = 4_096
# Of 1,500 clients that connect in one moment, thousands of tries overflowed a backlog of 64, and a
# client tries again after a second; this one holds nearly all.
backlog = 2_048

# Nothing here believes a forwarded scheme, address or path, so that looking up each peer is a
# waste. Gunicorn's own defaults would let a client's SCRIPT_NAME header cut its path, or fail.
forwarded_allow_ips = "*"
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

# A head that never ends is held in memory up to the product of these, for `keepalive` seconds.
limit_request_fields = 64
limit_request_field_size = 4_096

keepalive = timeouts.KEEP_ALIVE
graceful_timeout = timeouts.GRACEFUL_STOP
# The worker's heartbeat, not a limit on requests. Its file is in memory: on a slow disk it blocks.
timeout = 30
worker_tmp_dir = host.memory_folder()

# It would be a file in the home directory, which a container may not write.
control_socket_disable = True

logger_class = "server_api.access_log.JsonAccessLogger"
loglevel = _settings.log_level
accesslog = "-" if _settings.access_log else None
errorlog = "-"

host.raise_open_files_limit()


def pre_request(_: "Worker", request: Any) -> None:
    """Let the application close the connection of a body that it did not read to the end."""
    request.body.close_connection = request.force_close
