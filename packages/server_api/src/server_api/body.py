"""Reading a request's body and throwing it away."""

import errno
from typing import Any

import gevent
from fibcore.contract import BODY_LIMIT_BYTES

_LONGEST_SECONDS = 10.0
"""A body of at most 64 KiB that takes longer is a client that stalls."""


def drain_body(environ: dict[str, Any]) -> bool:
    """Read the body and tell whether it passed `BODY_LIMIT_BYTES`; the rest stays unread.

    Raises:
        ConnectionResetError: The body was cut short or stalled; the connection is to close.
    """
    announced = environ.get("CONTENT_LENGTH")
    if announced is None and "HTTP_TRANSFER_ENCODING" not in environ:
        return False
    cut_short = ConnectionResetError(errno.ECONNRESET, "the request's body was cut short")
    with gevent.Timeout(_LONGEST_SECONDS, cut_short):
        body = environ["wsgi.input"].read(BODY_LIMIT_BYTES + 1)
    if len(body) > BODY_LIMIT_BYTES:
        environ["wsgi.input"].close_connection()
        return True
    if announced is not None and len(body) < int(announced):
        raise cut_short
    return False
