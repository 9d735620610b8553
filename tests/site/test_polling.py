"""The page polls the counter: it shows what others do, and asks less often if nothing happens."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import BrowserContext, Page, Response

from tests.processes import eventually
from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage

_HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


# A read whose answer begins and never ends, while `isEndless` is set.
_ANSWER_WITHOUT_AN_END = """{
  const { fetch } = window;
  window.fetch = async (url, request) => {
    if (!window.isEndless) return fetch(url, request);
    const { signal } = request;
    window.endless = signal;
    return new Response(new ReadableStream({
      start: body => signal.addEventListener("abort", () => body.error(signal.reason)),
    }));
  };
}"""


def test_two_tabs_follow_each_other(
    counter: CounterPage, stack: BackendStack, context: BrowserContext
) -> None:
    stack.put(7)
    other = CounterPage(context.new_page(), stack.url).open("/?backend=lambda")
    counter.open("/?backend=server").press("Next", "Next")
    other.is_at(9)
    other.press("Previous")
    counter.is_at(8)


@pytest.mark.long
def test_it_asks_every_two_seconds_and_what_has_not_changed_is_not_sent_again(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(7)
    counter.open_with_its_clock_stopped()
    answers: list[Response] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    counter.page.on("response", keep)
    before = len(counter.sent("GET"))
    while len(counter.sent("GET")) < before + 5:
        counter.let_pass(50)
    for earlier, later in pairwise(counter.sent("GET")[before + 1 :]):
        assert 2_000 <= later - earlier <= 2_110
    assert {answer.status for answer in answers} == {304}
    assert {answer.request.headers["if-none-match"] for answer in answers} == {'"7"'}


def test_a_quiet_page_asks_less_and_less(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(7)
    counter.open_with_its_clock_stopped()
    before = len(counter.sent("GET"))
    for _ in range(300):
        counter.let_pass(2_000)
    gaps = [later - earlier for earlier, later in pairwise(counter.sent("GET")[before:])]
    assert gaps[-1] >= 25_000
    assert max(gaps) <= 33_000
    asked = len(counter.sent("GET"))
    for event in ("pointerdown", "focus"):
        counter.page.evaluate("name => dispatchEvent(new Event(name))", event)
        counter.let_pass(100)
        asked += 1
        assert len(counter.sent("GET")) == asked, event
    # Somebody moves it: from then on the page asks often again.
    stack.put(9)
    for _ in range(4):
        counter.let_pass(2_050)
    counter.is_at(9)
    assert len(counter.sent("GET")) >= asked + 3


def test_a_hidden_tab_asks_nothing_and_catches_up_when_seen(
    counter: CounterPage, stack: BackendStack
) -> None:
    """Chromium without a screen hides no tab, so the page is told by the event that a tab gets."""
    stack.put(7)
    counter.page.clock.install()
    counter.open()
    counter.page.evaluate(_HIDE, arg=True)
    asked = requests_of(counter.page, "/current")
    counter.read_now()  # a network that is back is no reason either
    counter.page.clock.run_for(60_000)
    stack.put(9)
    assert asked() == 0
    counter.page.evaluate(_HIDE, arg=False)
    counter.page.clock.run_for(100)
    counter.is_at(9)
    assert asked() == 1


@pytest.mark.long
def test_reads_are_repeated_later_and_later_while_a_backend_is_down(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(7)
    counter.page.clock.install()
    counter.open()
    counter.page.route("**/current", lambda route: route.abort())
    asked = requests_of(counter.page, "/current")
    failed: list[str] = []
    counter.page.on("requestfailed", lambda request: failed.append(request.url))
    times = []
    for second in range(40):
        before = asked()
        counter.page.clock.run_for(1_000)
        while len(failed) < asked():  # The page's clock stands still meanwhile.
            counter.page.evaluate("new Promise(done => queueMicrotask(done))")
        counter.page.evaluate("new Promise(done => queueMicrotask(done))")
        times += [second] * (asked() - before)
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert waits[-1] >= 7
    assert max(waits) <= 11
    assert waits[0] <= 3
    assert 4 <= len(times) <= 9
    counter.says("does not answer")
    counter.page.unroute("**/current")
    stack.put(12)
    counter.page.clock.run_for(11_000)
    counter.is_at(12)
    counter.says_nothing()


@pytest.mark.long
def test_an_old_answer_never_covers_a_newer_one(counter: CounterPage, stack: BackendStack) -> None:
    """A read is answered late, after a step that was pressed meanwhile."""
    stack.put(7)
    counter.open()
    held = []
    counter.page.route("**/current", lambda route: held.append((route, route.fetch())), times=1)
    stack.put(20)
    with counter.page.expect_request("**/current"):
        pass
    counter.press("Next")
    counter.is_at(21)
    route, answer = held[0]
    route.fulfill(response=answer)
    with counter.page.expect_response("**/current") as next_read:
        pass
    assert next_read.value.status in (200, 304)
    assert counter.index == 21


def requests_of(page: Page, path: str) -> Callable[[], int]:
    """Count from now on what the page asks of `path`."""
    urls: list[str] = []
    page.on(
        "request",
        lambda request: (
            urls.append(request.url)
            if request.url.endswith(path) and request.method == "GET"
            else None
        ),
    )
    return lambda: len(urls)


@pytest.mark.long
def test_read_aborted_amid_its_answer_raises_no_error(
    counter: CounterPage, stack: BackendStack
) -> None:
    """The context fixture fails on any error that nobody handles."""
    stack.put(5)
    counter.page.add_init_script(_ANSWER_WITHOUT_AN_END)
    counter.open_with_its_clock_stopped()
    counter.page.evaluate("window.isEndless = true")
    counter.read_now()
    counter.page.clock.run_for(0)
    eventually(lambda: bool(counter.page.evaluate("!!window.endless")), seconds=10)
    counter.page.evaluate("window.isEndless = false")
    counter.choose("lambda")
    assert counter.page.evaluate("window.endless.aborted")
    counter.let_pass(2_000)
    counter.is_at(5)
