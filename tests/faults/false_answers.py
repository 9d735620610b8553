"""Answers that do not come from DynamoDB, or not for the request that they follow."""

from random import Random

from tests.faults.faults import Reply
from tests.faults.http_messages import Message

_DYNAMODB_ERROR = b'{"__type":"com.amazonaws.dynamodb.v20120810#%b","message":"Injected."}'
_COMMON_ERROR = b'{"__type":"com.amazon.coral.service#%b","message":"Injected."}'
_HTML = b"<html><body><h1>%b</h1></body></html>"

_FORBIDDEN = (b"AccessDeniedException", b"ExpiredTokenException", b"UnrecognizedClientException")

_NOT_DYNAMODB_STATUSES = (
    b"400 Bad Request",
    b"403 Forbidden",
    b"404 Not Found",
    b"407 Proxy Authentication Required",
    b"408 Request Timeout",
    b"413 Payload Too Large",
    b"429 Too Many Requests",
    b"500 Internal Server Error",
    b"502 Bad Gateway",
    b"503 Service Unavailable",
    b"504 Gateway Timeout",
)
_NOT_DYNAMODB_BODIES = (_HTML, b"[]", b"null", b"{}", b'"%b"', b"{%b", b"")

_MALFORMED = (
    b"",
    b"[]",
    b"null",
    b"7",
    b'"OK"',
    b"{",
    b"\xff\xfe",
    b'{"Attributes":[],"Item":[]}',
    b'{"Attributes":null,"Item":null}',
    b'{"Attributes":{"value":[]},"Item":{"value":[]}}',
    b'{"Attributes":{"value":null},"Item":{"value":null}}',
    b'{"Attributes":{"value":{"N":[]}},"Item":{"value":{"N":[]}}}',
    b'{"Attributes":{"value":{"N":"x"}},"Item":{"value":{"N":"x"}}}',
    b'{"Attributes":{"value":{"N":1}},"Item":{"value":{"N":1}}}',
)


def answer(
    status: bytes, body: bytes, content_type: bytes = b"application/x-amz-json-1.0"
) -> Message:
    """Return an HTTP answer."""
    head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (status, content_type, len(body)), body


def false_answer(reply: Reply, random: Random) -> Message:
    """Return an answer of that kind that says nothing true about the request.

    Raises:
        ValueError: That kind of reply is made from DynamoDB's own answer.
    """
    match reply:
        case Reply.THROTTLED:
            return answer(b"400 Bad Request", _DYNAMODB_ERROR % b"ThrottlingException")
        case Reply.FORBIDDEN:
            return answer(b"400 Bad Request", _COMMON_ERROR % random.choice(_FORBIDDEN))
        case Reply.FAILED:
            return answer(b"500 Internal Server Error", _DYNAMODB_ERROR % b"InternalServerError")
        case Reply.NOT_DYNAMODB:
            status = random.choice(_NOT_DYNAMODB_STATUSES)
            body = random.choice(_NOT_DYNAMODB_BODIES)
            is_html = body is _HTML
            filled = body.replace(b"%b", status)
            return answer(status, filled, b"text/html" if is_html else b"application/json")
        case Reply.MALFORMED:
            return answer(b"200 OK", random.choice(_MALFORMED))
    raise ValueError(reply)
