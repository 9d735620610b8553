"""The Lambda handler answers every event, whatever the event holds."""

import base64
import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from fibcore.http import contract, problems
from local_stack.environment import local_environment

# Lambda's runtime prints every record that the root logger lets through, and so does this.
PROGRAM = """
import json, logging, sys
from lambda_api.handler import handler
logging.basicConfig(format="%(levelname)s %(message)s")
for event in json.load(sys.stdin):
    print(json.dumps(handler(event, None)))
"""
ODD_VALUES = [None, True, 0, -1.5, "", "x", "\ud800", "\n", [], ["x"], {}, {"x": 1}]
ODD_HEADERS = [
    ("host", ""),
    ("host", ":"),
    ("host", "a:1:2"),
    ("host", "example.org:https"),
    ("host", "[::1]:443"),
    ("x-forwarded-port", ""),
    ("x-forwarded-port", "443, 443"),
    ("x-forwarded-port", "https"),
    ("x-forwarded-port", "\u0663"),
    ("x-forwarded-proto", "\ud800"),
    ("content-length", "-1"),
    ("cookie", "\ud800"),
    ("\ud800", "x"),
    ("if-none-match", "\ud800"),
]

UNKNOWN_EVENTS: list[Any] = [
    {},
    None,
    [],
    "ping",
    {"warmer": True, "concurrency": 3},
    {"source": "serverless-plugin-warmup"},
    {"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}},
    {"httpMethod": "POST", "path": "/next", "resource": "/{proxy+}", "requestContext": {}},
    {"requestContext": {"elb": {}}, "httpMethod": "POST", "path": "/next", "headers": {}},
    {"Records": [{"eventSource": "aws:sqs", "body": "POST /next"}]},
]
STATUS_OF_PATH = {
    "/health": 200,
    "/%68ealth": 404,
    "/health%20": 404,
    "/health?x": 404,
    "/health#x": 404,
    "/health\0": 404,
    "//health": 404,
    "/health/": 404,
    "/\ud800": 404,
    "/100%": 404,
    "": 404,
}


def event(method: str = "GET", path: str = "/health", **more: Any) -> dict[str, Any]:
    """Return an event of payload format 2.0."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "cookies": ["a=b"],
        "headers": {"host": "api.example.org", "x-forwarded-port": "443"},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
            "stage": "$default",
        },
        "body": "",
        "isBase64Encoded": False,
    } | more


def places(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return the path to each value in an event."""
    yield path
    if isinstance(value, dict):
        for name in value:
            yield from places(value[name], (*path, name))


def replaced(path: tuple[str, ...], odd: Any) -> Any:
    """Return the event with `odd` at the place of `path`."""
    if not path:
        return odd
    changed = copy.deepcopy(event())
    parent = changed
    for name in path[:-1]:
        parent = parent[name]
    parent[path[-1]] = odd
    return changed


def handled(events: list[Any], **variables: str) -> tuple[list[dict[str, Any]], str]:
    """Return the handler's answers and what it logged."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(events),
        env=local_environment(dynamodb_port=1, variables=variables),
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()], ended.stderr


@cache
def answers_to_odd_headers() -> tuple[list[dict[str, Any]], str]:
    return handled([event(headers={name: value}) for name, value in ODD_HEADERS])


def lower_case(headers: contract.Headers) -> set[tuple[str, str]]:
    return {(name.lower(), value) for name, value in headers}


def assert_ours(answer: dict[str, Any], status: int, body: bytes) -> None:
    assert answer["statusCode"] == status
    assert answer["headers"].items() >= lower_case(contract.NO_STORE_HEADERS)
    text = answer["body"]
    assert (base64.b64decode(text) if answer["isBase64Encoded"] else text.encode()) == body


@pytest.mark.parametrize("position", range(len(ODD_HEADERS)), ids=map(ascii, ODD_HEADERS))
def test_odd_headers_change_no_answer(position: int) -> None:
    answers, log = answers_to_odd_headers()
    assert_ours(answers[position], 200, contract.HEALTH_BODY)
    assert log == ""


def test_unknown_events_are_not_found() -> None:
    answers, log = handled(UNKNOWN_EVENTS)
    for answer, _ in zip(answers, UNKNOWN_EVENTS, strict=True):
        assert_ours(answer, 404, problems.problem_body(problems.NOT_FOUND))
    assert log == ""


def test_odd_values_anywhere_get_our_answer() -> None:
    changed = [replaced(path, odd) for path in places(event()) for odd in ODD_VALUES]
    answers, log = handled(changed)
    assert len(answers) == len(changed)
    for answer in answers:
        assert answer["statusCode"] in (200, 404, 405)
        assert answer["headers"].items() >= lower_case(contract.COMMON_HEADERS)
    assert log == ""


def test_bad_base64_body_gets_our_answer() -> None:
    (answer,), log = handled([event(body="a", isBase64Encoded=True)])
    assert_ours(answer, 404, problems.problem_body(problems.NOT_FOUND))
    assert log == ""


def test_path_is_not_decoded_again() -> None:
    answers, log = handled([event(path=path) for path in STATUS_OF_PATH])
    found = {
        path: answer["statusCode"] for path, answer in zip(STATUS_OF_PATH, answers, strict=True)
    }
    assert found == STATUS_OF_PATH
    assert log == ""


def test_settings_of_the_server_are_ignored() -> None:
    answers, log = handled([event()], PORT="x", WEB_CONCURRENCY="99", FIB_ACCESS_LOG="yes")
    assert_ours(answers[0], 200, contract.HEALTH_BODY)
    assert log == ""
