"""Drains a request's body: reads it, up to a limit, and discards it."""

import errno
from contextlib import suppress
from typing import Any

import gevent
from fibcore.http.contract import BODY_LIMIT_BYTES

_LONGEST_SECONDS = 10.0
"""How long a body of at most 64 KiB may take to arrive before the connection is closed."""

_LINGER_BYTES = 2**20
_LINGER_SECONDS = 1.0
"""How much of a body that is too large is read, and for how long. Some clients read their answer
only after they have sent everything. If the server closed at once, such a client would lose the
answer: RFC 9112, section 9.6."""


def drain_body(environ: dict[str, Any]) -> bool:
    """Read the body and return whether it exceeds `BODY_LIMIT_BYTES`.

    Raises:
        ConnectionResetError: The body was cut short or stalled. The connection must be closed.
    """
    announced = environ.get("CONTENT_LENGTH")
    if announced is None and "HTTP_TRANSFER_ENCODING" not in environ:
        return False
    if announced is not None and int(announced) > BODY_LIMIT_BYTES:
        return _too_large(environ)
    cut_short = ConnectionResetError(errno.ECONNRESET, "the request's body was cut short")
    with gevent.Timeout(_LONGEST_SECONDS, cut_short):
        body = environ["wsgi.input"].read(BODY_LIMIT_BYTES + 1)
    if len(body) > BODY_LIMIT_BYTES:
        return _too_large(environ)
    if announced is not None and len(body) < int(announced):
        raise cut_short
    return False


def _too_large(environ: dict[str, Any]) -> bool:
    environ["wsgi.input"].close_connection()
    with suppress(Exception), gevent.Timeout(_LINGER_SECONDS, TimeoutError()):
        environ["wsgi.input"].read(_LINGER_BYTES)
    return True
