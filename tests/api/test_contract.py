"""The HTTP contract, tested on our backends or on any deployed one."""

import pytest
from fibcore.http import contract, problems

from tests.api.http_client import EVERY_ANSWER, Answer, Backend, assert_problem

STEPS = ["/next", "/previous", "/reset"]
READS = ["/current", "/health", "/openapi.json"]
TOO_LARGE = b"x" * (contract.BODY_LIMIT_BYTES + 1)

# CloudFront answers these methods with a 403 of its own.
UNUSUAL_METHODS = [pytest.param(name, marks=pytest.mark.own_server) for name in ("BREW", "TRACE")]


def assert_term(answer: Answer, index: int, value: str) -> None:
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert EVERY_ANSWER.items() <= answer.headers.items()
    assert answer.body == b'{"index":%d,"value":"%b"}' % (index, value.encode())


def test_counter_steps_through_the_sequence(backend: Backend) -> None:
    assert_term(backend.request("POST", "/reset"), 0, "0")
    for index, value in enumerate(["1", "1", "2", "3", "5", "8", "13"], start=1):
        answer = backend.request("POST", "/next")
        assert_term(answer, index, value)
        assert answer.headers["cache-control"] == "no-store"
    assert_term(backend.request("POST", "/previous"), 6, "8")
    assert_term(backend.request("GET", "/current"), 6, "8")


def test_values_past_64_bits_are_exact(backend: Backend) -> None:
    backend.request("POST", "/reset")
    for _ in range(94):
        answer = backend.request("POST", "/next")
    assert_term(answer, 94, "19740274219868223167")


def test_previous_at_0_moves_nothing(backend: Backend) -> None:
    backend.request("POST", "/reset")
    refused = backend.request("POST", "/previous")
    assert_problem(refused, problems.BEFORE_START)
    assert refused.index() == 0
    assert backend.request("GET", "/current").index() == 0


def test_current_revalidates_by_etag(backend: Backend) -> None:
    backend.request("POST", "/reset")
    answer = backend.request("GET", "/current")
    assert answer.headers["etag"] == '"0"'
    assert answer.headers["cache-control"] == "no-cache"
    again = backend.request("GET", "/current", headers={"If-None-Match": '"9", W/"0"'})
    assert again.status == 304
    assert again.body == b""
    assert again.headers["etag"] == '"0"'
    assert again.headers["cache-control"] == "no-cache"
    assert EVERY_ANSWER.items() <= again.headers.items()


@pytest.mark.parametrize("header", ['"1"', "0", '"0', "x, *"])
def test_other_or_malformed_etag_gets_the_body(backend: Backend, header: str) -> None:
    backend.request("POST", "/reset")
    answer = backend.request("GET", "/current", headers={"If-None-Match": header})
    assert_term(answer, 0, "0")


def test_star_matches_any_etag(backend: Backend) -> None:
    assert backend.request("GET", "/current", headers={"If-None-Match": "*"}).status == 304


def test_step_ignores_if_none_match(backend: Backend) -> None:
    assert backend.request("POST", "/reset", headers={"If-None-Match": "*"}).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/next/",
        "//next",
        "/NEXT",
        "/nex",
        "/next/x",
        "/%2fnext",
        "/n%00ext",
        "/%00",
        "/%256eext",
        "/%25256eext",
        "/next%3Fx",
        "/next%23x",
        "/next%00",
        "/next%2F",
        "/%2e%2fnext",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
def test_any_other_path_is_not_found(backend: Backend, method: str, path: str) -> None:
    assert_problem(backend.request(method, path), problems.NOT_FOUND)


def test_path_is_percent_decoded_once(backend: Backend) -> None:
    backend.request("POST", "/reset")
    assert_term(backend.request("POST", "/%6eext"), 1, "1")


@pytest.mark.parametrize("query", ["?", "?a=1&a=2", "?%00", "?%zz", "?=&&&;", "?" + "q" * 2_000])
def test_query_is_ignored(backend: Backend, query: str) -> None:
    backend.request("POST", "/reset")
    assert_term(backend.request("POST", "/next" + query), 1, "1")


@pytest.mark.parametrize("path", STEPS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", *UNUSUAL_METHODS])
def test_steps_are_served_by_post_only(backend: Backend, method: str, path: str) -> None:
    backend.request("POST", "/reset")
    backend.request("POST", "/next")
    refused = backend.request(method, path)
    assert refused.status == 405
    assert refused.headers["allow"] == "OPTIONS, POST"
    if method == "HEAD":
        assert refused.body == b""
    else:
        assert_problem(refused, problems.METHOD_NOT_ALLOWED)
    assert backend.request("GET", "/current").index() == 1


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", *UNUSUAL_METHODS])
def test_reads_are_served_by_get_only(backend: Backend, method: str, path: str) -> None:
    refused = backend.request(method, path)
    assert_problem(refused, problems.METHOD_NOT_ALLOWED)
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", READS)
def test_head_is_get_without_body(backend: Backend, path: str) -> None:
    got, head = backend.request("GET", path), backend.request("HEAD", path)
    assert head.status == got.status == 200
    assert head.body == b""
    for name in ("content-type", "cache-control", "etag", *EVERY_ANSWER):
        assert head.headers.get(name) == got.headers.get(name)


@pytest.mark.parametrize("path", [*STEPS, *READS])
@pytest.mark.parametrize("headers", [{}, {"Origin": "https://example.org"}])
def test_options_lists_the_methods(backend: Backend, path: str, headers: dict[str, str]) -> None:
    answer = backend.request("OPTIONS", path, headers=headers)
    allowed = "OPTIONS, POST" if path in STEPS else "GET, HEAD, OPTIONS"
    assert answer.status == 204
    assert answer.body == b""
    assert answer.headers["allow"] == allowed
    assert answer.headers["access-control-allow-methods"] == allowed
    assert answer.headers["access-control-allow-headers"] == "Content-Type, If-None-Match"
    assert answer.headers["access-control-max-age"] == "7200"
    assert answer.headers["cache-control"] == "no-store"
    assert EVERY_ANSWER.items() <= answer.headers.items()


def test_health_answers_ok(backend: Backend) -> None:
    answer = backend.request("GET", "/health")
    assert answer.status == 200
    assert answer.body == b'{"status":"ok"}'
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


def test_openapi_document_lists_the_routes(backend: Backend) -> None:
    document = backend.request("GET", "/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {*STEPS, *READS}


def test_body_within_the_limit_is_discarded(backend: Backend) -> None:
    backend.request("POST", "/reset")
    body = b"x" * contract.BODY_LIMIT_BYTES
    assert_term(backend.request("POST", "/next", body=body), 1, "1")
    assert_term(backend.request("POST", "/next", body=b'{"a":1}'), 2, "1")


def test_body_over_the_limit_moves_nothing(backend: Backend) -> None:
    backend.request("POST", "/reset")
    assert_problem(backend.request("POST", "/next", body=TOO_LARGE), problems.BODY_TOO_LARGE)
    assert backend.request("GET", "/current").index() == 0


def test_path_then_method_then_body_is_refused(backend: Backend) -> None:
    assert_problem(backend.request("PUT", "/nowhere", body=TOO_LARGE), problems.NOT_FOUND)
    assert_problem(backend.request("PUT", "/next", body=TOO_LARGE), problems.METHOD_NOT_ALLOWED)
    assert_problem(backend.request("GET", "/next"), problems.METHOD_NOT_ALLOWED)
