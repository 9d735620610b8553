"""Both backends share one counter and give the same answers."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from fibcore.http import contract, problems

from tests.api.conftest import MAX_INDEX, Table
from tests.api.http_client import Answer, Backend, assert_problem

COMPARED = [
    "content-type",
    "cache-control",
    "etag",
    "allow",
    "retry-after",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
]


def compared(answer: Answer) -> tuple[int, bytes, dict[str, str | None]]:
    headers = {name: answer.headers.get(name) for name in COMPARED}
    if answer.status in (204, 304):
        del headers["content-type"]
    return answer.status, answer.body, headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "PUT"])
@pytest.mark.parametrize("path", [*contract.ROUTE_BY_PATH, "/none", "/next/", "/%6eext"])
@pytest.mark.parametrize("index", [0, 7, MAX_INDEX])
def test_both_backends_answer_the_same(
    backends: dict[str, Backend], table: Table, method: str, path: str, index: int
) -> None:
    answers = []
    for backend in backends.values():
        table.put(index)
        answers.append(compared(backend.request(method, path)))
    assert answers[0] == answers[1]


def test_both_backends_move_one_counter(backends: dict[str, Backend], table: Table) -> None:
    table.put(0)
    server, function = backends.values()
    assert server.request("POST", "/next").index() == 1
    assert function.request("POST", "/next").index() == 2
    assert server.request("POST", "/previous").index() == 1
    assert function.request("GET", "/current").index() == 1


def test_concurrent_clients_get_every_index_once(
    backends: dict[str, Backend], table: Table
) -> None:
    table.put(0)
    with ThreadPoolExecutor(16) as clients:
        answers = clients.map(
            lambda turn: list(backends.values())[turn % 2].request("POST", "/next"), range(200)
        )
        indexes = sorted(answer.index() for answer in answers)
    assert indexes == list(range(1, 201))


@pytest.mark.parametrize(
    ("path", "start", "problem"),
    [("/next", MAX_INDEX - 10, problems.PAST_END), ("/previous", 10, problems.BEFORE_START)],
)
def test_concurrent_clients_never_pass_a_bound(
    backends: dict[str, Backend], table: Table, path: str, start: int, problem: problems.Problem
) -> None:
    table.put(start)
    with ThreadPoolExecutor(16) as clients:
        answers = list(
            clients.map(
                lambda turn: list(backends.values())[turn % 2].request("POST", path), range(60)
            )
        )
    bound = MAX_INDEX if path == "/next" else 0
    reached = sorted(answer.index() for answer in answers if answer.status == 200)
    passed = range(start + 1, bound + 1) if path == "/next" else range(bound, start)
    assert reached == list(passed)
    refused = [answer for answer in answers if answer.status != 200]
    for answer in refused:
        assert_problem(answer, problem)
        assert answer.index() == bound
    assert len(refused) == 50
