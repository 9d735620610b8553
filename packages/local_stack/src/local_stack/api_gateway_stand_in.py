"""A local API Gateway HTTP API: HTTP becomes events of payload format 2.0 for our Lambda handler.

It stands in for what surrounds the function on AWS. The path is percent-decoded once. Header names
are in lower case, repeated headers are joined by commas, and cookies are in a separate list. A
body is in base64 unless it is text. Each process handles one event at a time.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

Some of the real gateway's behaviour is not modelled here, because it is not documented or because
it would hide a fault of the function. The paths were captured in `vokerhttp/testdata` of
https://github.com/hotsock/voker/pull/8, in July 2026:

- The real gateway decodes the path twice. So `/%256eext`, which is a 404 here and on the server,
  reaches the function as `/next`. It answers 400 where the second decoding fails (`/x%25y`).
- It drops what follows a decoded `?`, so that `/next%3Fx` reaches the function as `/next`. A
  decoded `#` stays in the path. Nothing is known of `%00`.
- It merges repeated slashes: https://github.com/brefphp/symfony-bridge/issues/53. So `//next` may
  reach the function as `/next`.
- It refuses a head (request line and header values) over 10,240 bytes. It does not list TRACE among
  its methods, and neither does CloudFront, which answers 403 to it.
- If the function fails on an event, or takes 30 seconds for it, the gateway answers with its own
  500 or 503, without CORS headers.
"""

import asyncio
import base64
import errno
import logging
import time
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from fibcore.http.contract import BODY_LIMIT_BYTES
from lambda_api.handler import handler

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

_log = logging.getLogger(__name__)

# AWS Lambda takes events of at most 6 MB.
_LARGEST_BODY_BYTES = 6 * 2**20
_FUNCTION_NAME = "fib-local"
_DOMAIN = "localhost"
_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript")
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


def create_application() -> "WSGIApplication":
    """Return the gateway as a WSGI application for Gunicorn."""
    # One thread is the function's execution environment. It handles one event at a time, and it has
    # an event loop for Mangum, as the main thread has on AWS.
    execution_environment = ThreadPoolExecutor(
        max_workers=1, initializer=lambda: asyncio.set_event_loop(asyncio.new_event_loop())
    )

    def application(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        event = event_of(environ, _body(environ))
        answer = execution_environment.submit(_invoke, event).result()
        status, headers = answer["statusCode"], list(answer["headers"].items())
        text = answer.get("body", "")
        body = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
        if status not in (204, 304):
            headers.append(("content-length", str(len(body))))
        start_response(_STATUS_LINES[status], headers)
        return [body]

    return application


def _body(environ: dict[str, Any]) -> bytes:
    body: bytes = environ["wsgi.input"].read(_LARGEST_BODY_BYTES)
    announced = min(int(environ.get("CONTENT_LENGTH") or 0), _LARGEST_BODY_BYTES)
    if len(body) < announced:
        raise ConnectionResetError(errno.ECONNRESET, "the request's body was cut short")
    if len(body) > BODY_LIMIT_BYTES:
        environ["wsgi.input"].close_connection()
    return body


def event_of(environ: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Return the event that API Gateway would make from a WSGI request."""
    path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
    request_id = str(uuid.uuid4())
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": environ["QUERY_STRING"],
        "headers": _headers(environ),
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": _DOMAIN,
            "domainPrefix": "local",
            "http": {
                "method": environ["REQUEST_METHOD"],
                "path": path,
                "protocol": environ["SERVER_PROTOCOL"],
                "sourceIp": environ["REMOTE_ADDR"],
                "userAgent": environ.get("HTTP_USER_AGENT", ""),
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies := event["headers"].pop("cookie", ""):
        event["cookies"] = cookies.split("; ")
    if body:
        event["body"], event["isBase64Encoded"] = _encoded(body, environ.get("CONTENT_TYPE", ""))
    return event


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    # A client can send any value of these: CloudFront passes them on.
    return {"host": _DOMAIN, "x-forwarded-port": "443", "x-forwarded-proto": "https"} | headers


def _encoded(body: bytes, content_type: str) -> tuple[str, bool]:
    if content_type.startswith(_TEXT_TYPES):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def _invoke(event: dict[str, Any]) -> dict[str, Any]:
    context = SimpleNamespace(
        function_name=_FUNCTION_NAME, aws_request_id=event["requestContext"]["requestId"]
    )
    try:
        answer: dict[str, Any] = handler(event, context)
    except Exception:
        _log.exception("the function failed")
        return {
            "statusCode": 500,
            "headers": {"content-type": "application/json"},
            "body": '{"message":"Internal Server Error"}',
        }
    return answer
