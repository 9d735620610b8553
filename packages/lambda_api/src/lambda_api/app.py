"""The contract as an ASGI application, and the Lambda events that reach it through Mangum."""

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fibcore import Api
from fibcore.http.contract import BODY_LIMIT_BYTES
from mangum import Mangum

if TYPE_CHECKING:
    from collections.abc import Callable

    from mangum.types import LambdaContext, Receive, Scope, Send


def create_handler(api: Api) -> "Callable[[Any, LambdaContext], dict[str, Any]]":
    """Return the Lambda handler that answers by `api`."""
    # Mangum would run the lifespan at every event: https://github.com/Kludex/mangum/issues/342
    mangum = Mangum(AsgiApp(api), lifespan="off")

    def handler(event: Any, context: "LambdaContext") -> dict[str, Any]:
        return mangum(readable_event(event), context)

    return handler


def readable_event(event: Any) -> dict[str, Any]:
    """Return what the application reads of an event, in the form that Mangum expects.

    Mangum raises an exception on a `host` or an `x-forwarded-port` that it can't parse, and API
    Gateway would then answer with its own 500. The application reads neither, so they are left
    out. An event that is no HTTP request of payload format 2.0, such as one that only keeps
    the function warm, becomes a request for a path that does not exist.
    """
    try:
        method = str(event["requestContext"]["http"]["method"])
        path = str(event["rawPath"])
        body = _body_of(event)
        headers = _headers_of(event)
    except (AttributeError, KeyError, TypeError, ValueError):
        method, path, body, headers = "", "", b"", {}
    # API Gateway has decoded the path, and Mangum decodes the path that it gets.
    http = {"method": method, "path": quote(path, errors="replace"), "sourceIp": ""}
    return {
        "version": "2.0",
        "requestContext": {"http": http},
        "headers": headers,
        "body": body,
    }


def _body_of(event: Any) -> bytes:
    text = event.get("body") or ""
    if event.get("isBase64Encoded"):
        return base64.b64decode(text)
    encoded: bytes = text.encode(errors="replace")
    return encoded


def _headers_of(event: Any) -> dict[str, str]:
    values = {str(name).lower(): value for name, value in (event.get("headers") or {}).items()}
    if_none_match = values.get("if-none-match")
    if not isinstance(if_none_match, str):
        return {}
    return {"if-none-match": if_none_match.encode(errors="replace").decode()}


class AsgiApp:
    """Answers HTTP requests by `api`, one at a time as Lambda hands them over."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serve one request."""
        response = self._api.respond(
            scope["method"],
            scope["path"],
            if_none_match=_joined(scope, b"if-none-match"),
            body_too_large=await _body_bytes(receive) > BODY_LIMIT_BYTES,
        )
        headers = [(name.encode(), value.encode()) for name, value in response.headers]
        await send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": headers,
                "trailers": False,
            }
        )
        await send({"type": "http.response.body", "body": response.body, "more_body": False})


def _joined(scope: "Scope", name: bytes) -> str | None:
    values = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return ", ".join(values) if values else None


async def _body_bytes(receive: "Receive") -> int:
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    return size
