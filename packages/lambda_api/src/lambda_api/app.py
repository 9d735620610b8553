"""The contract as an ASGI application, for Mangum: an event's body is in memory already."""

from typing import TYPE_CHECKING

from fibcore import Api
from fibcore.http.contract import BODY_LIMIT_BYTES

if TYPE_CHECKING:
    from mangum.types import Receive, Scope, Send


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
