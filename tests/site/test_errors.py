"""Every failure is told in words, and says what became of the step."""

import pytest
from fibcore.http import problems
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage


def test_at_the_end_the_page_says_so(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(100_000)
    counter.open().press("Next")
    counter.says("This is the end: the counter goes no further.")
    counter.press("Previous")
    counter.is_at(99_999)
    counter.says_nothing()


def test_at_the_start_the_page_says_so(counter: CounterPage, stack: BackendStack) -> None:
    """Someone else resets the counter between what the page shows and the press."""
    stack.put(5)
    counter.open_with_its_clock_stopped()
    stack.put(0)
    counter.press("Previous")
    for _ in range(3):  # it sends the press, reads the answer and draws
        counter.let_pass(100)
    counter.says("This is the start: there is nothing before index 0.")
    counter.is_at(0)


@pytest.mark.long
def test_that_the_counter_is_at_its_end_is_taken_back_when_somebody_moves_it(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(100_000)
    counter.open().press("Next")
    counter.says("This is the end")
    counter.read_now()
    counter.says("This is the end")
    stack.put(7)
    counter.read_now()
    counter.is_at(7)
    counter.says_nothing()


def test_an_unavailable_step_is_sent_once_and_reads_wait_as_long_as_they_are_told(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(5)
    counter.open_with_its_clock_stopped()
    problem = problems.UNAVAILABLE

    def refuse(route: Route) -> None:
        headers = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "Retry-After",
            "Retry-After": "30",
        }
        body = {"type": problem.type, "title": problem.title, "detail": problem.detail}
        route.fulfill(status=problem.status, json=body, headers=headers)

    for path in ("**/next", "**/current"):
        counter.page.route(path, refuse)
    reads = len(counter.sent("GET"))
    counter.press("Next")
    for _ in range(20):
        counter.let_pass(1_000)
    counter.says("The step was not counted; press again.")
    assert len(counter.sent("GET")) == reads + 1
    for path in ("**/next", "**/current"):
        counter.page.unroute(path)
    stack.put(9)
    for _ in range(20):
        counter.let_pass(1_000)
    counter.is_at(9)
    assert len(counter.sent("POST")) == 1
    assert stack.index() == 9


def test_a_page_that_is_not_told_its_backends_says_so_and_asks_again(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(5)
    counter.page.clock.install()
    counter.page.route("**/config.json", lambda route: route.fulfill(status=503), times=1)
    counter.page.goto(stack.url)
    counter.says("Could not load config.json, which says where the backends are. Retrying")
    counter.page.clock.run_for(2_000)
    counter.is_at(5)
    counter.says_nothing()


@pytest.mark.long
def test_unavailable_steps_are_not_repeated_but_reads_are(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(5)
    counter.open()
    steps = steps_of(counter.page)
    stack.take_away()
    counter.press("Next")
    counter.says(
        "The server can\u2019t reach the counter just now. The step was not counted; press again."
    )
    stack.put(9)
    counter.is_at(9)
    assert steps == ["next"]
    assert stack.index() == 9


@pytest.mark.long
def test_a_page_that_opens_while_the_counter_is_away_shows_it_when_it_is_back(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.take_away()
    counter.page.goto(stack.url)
    counter.says("The server can\u2019t reach the counter just now. The page goes on trying.")
    expect(counter.button("Next")).to_be_disabled()
    stack.put(9)
    counter.is_at(9)
    counter.says_nothing()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (
            503,
            problems.OUTCOME_UNKNOWN,
            "no answer from its database in time. The step may have been counted",
        ),
        pytest.param(
            *(500, problems.INTERNAL, "The server failed. The step may have been counted"),
            marks=pytest.mark.long,
        ),
        (502, None, "an answer that this page can\u2019t read. The step may have been counted"),
    ],
)
def test_a_step_of_unknown_outcome_says_so_and_the_counter_is_read_again(
    counter: CounterPage,
    stack: BackendStack,
    status: int,
    body: problems.Problem | None,
    words: str,
) -> None:
    """The step is counted; its answer gets lost behind the backend."""
    stack.put(5)
    counter.open()
    steps = steps_of(counter.page)

    def lose(route: Route) -> None:
        assert route.fetch().status == 200
        problem = {"type": body.type, "title": body.title, "detail": body.detail} if body else {}
        headers = {"Access-Control-Allow-Origin": "*"}
        route.fulfill(status=status, json=problem | {"status": status}, headers=headers)

    counter.page.route("**/next", lose, times=1)
    counter.press("Next")
    counter.says(words)
    counter.is_at(6)
    assert steps == ["next"]
    counter.press("Next")
    counter.is_at(7)
    counter.says_nothing()


def test_without_a_network_the_page_says_offline_and_sends_nothing_later(
    counter: CounterPage, stack: BackendStack, context: BrowserContext
) -> None:
    stack.put(5)
    counter.open()
    context.set_offline(True)
    counter.page.evaluate("for (let n = 0; n < 4; n += 1) document.getElementById('next').click()")
    counter.says("You are offline. It may have been counted.")
    counter.says("3 later presses were not sent.")
    context.set_offline(False)
    counter.says("answers again now. The step may have been counted; the number here is where")
    counter.says("3 later presses were not sent.")
    assert stack.index() == 5
    counter.press("Next")
    counter.is_at(6)
    counter.says_nothing()


def test_a_server_that_is_killed_is_told_and_followed_again_when_it_is_back(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(5)
    counter.open()
    stack.server.kill()
    try:
        counter.press("Next")
        counter.says("The server did not answer a step. It may have been counted.")
        counter.choose("lambda")  # the other one goes on
        counter.press("Next")
        counter.is_at(6)
        counter.choose("server")
        counter.says("The server does not answer. The page goes on trying.")
    finally:
        stack.start_server()
    counter.says_nothing()
    counter.press("Next")
    counter.is_at(7)


def steps_of(page: Page) -> list[str]:
    """Return a list that fills with the steps that the page sends."""
    steps: list[str] = []
    page.on(
        "request",
        lambda request: (
            steps.append(request.url.rpartition("/")[2]) if request.method == "POST" else None
        ),
    )
    return steps
