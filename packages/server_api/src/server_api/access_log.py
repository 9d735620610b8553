"""Gunicorn's logger with an access log of one JSON object a line."""

import json
from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gunicorn.glogging import Logger


class JsonAccessLogger(Logger):
    """Writes a line for each request where `accesslog` is set.

    JSON escapes what a path holds, so that no request can forge a line.
    """

    def access(
        self, resp: Any, req: Any, environ: MutableMapping[str, Any], request_time: timedelta
    ) -> None:
        """Log one answered request."""
        del req
        if not self.cfg.accesslog:
            return
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "method": environ.get("REQUEST_METHOD"),
            # Of what the parser refused there is no more than the target.
            "path": environ.get("PATH_INFO", environ.get("RAW_URI")),
            "status": int(resp.status[:3]),
            "bytes": resp.sent,
            "milliseconds": round(request_time / timedelta(milliseconds=1), 3),
            "client": environ.get("HTTP_X_FORWARDED_FOR") or environ.get("REMOTE_ADDR"),
        }
        self.access_log.info("%s", json.dumps(line))
