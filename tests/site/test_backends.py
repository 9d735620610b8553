"""The two backends: chosen, remembered, in the URL, and compared."""

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.processes import eventually
from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage


def test_steps_go_to_the_backend_that_is_chosen(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(0)
    sent: list[str] = []
    counter.page.on("request", lambda request: sent.append(request.url))
    counter.open()
    for index, name in enumerate(("lambda", "server"), start=1):
        counter.choose(name)
        counter.press("Next")
        counter.is_at(index)
        assert f"{stack.backend_url(name)}/next" in sent
    assert stack.index() == 2


def test_the_choice_is_in_the_url_and_remembered(
    counter: CounterPage, stack: BackendStack, context: BrowserContext
) -> None:
    stack.put(3)
    counter.open()
    expect(counter.page).to_have_url(f"{stack.url}/?backend=server")
    counter.choose("lambda")
    expect(counter.page).to_have_url(f"{stack.url}/?backend=lambda")
    again = CounterPage(context.new_page(), stack.url).open()
    expect(again.radio("lambda")).to_be_checked()
    linked = CounterPage(context.new_page(), stack.url).open("/?backend=server")
    expect(linked.radio("server")).to_be_checked()


@pytest.mark.long
def test_a_browser_that_keeps_nothing_has_the_choice_in_the_url_alone(
    counter: CounterPage, stack: BackendStack
) -> None:
    counter.page.add_init_script(
        """Object.defineProperty(window, "localStorage", {
          get() { throw new DOMException("denied", "SecurityError"); },
        })"""
    )
    stack.put(3)
    counter.open().choose("lambda")
    expect(counter.page).to_have_url(f"{stack.url}/?backend=lambda")
    counter.press("Next")
    counter.is_at(4)


def test_a_backend_may_live_under_a_path_of_the_site(
    counter: CounterPage, stack: BackendStack
) -> None:
    """As it does behind CloudFront, which takes the path off again."""
    behind = f"{stack.url}/api/server"
    config = {"backends": [{"name": "server", "url": behind}]}
    counter.page.route("**/config.json", lambda route: route.fulfill(json=config))
    counter.page.route(
        f"{behind}/**",
        lambda route: route.continue_(
            url=route.request.url.replace(behind, stack.backend_url("server"))
        ),
    )
    stack.put(3)
    counter.open().press("Next")
    counter.is_at(4)


@pytest.mark.long
def test_a_name_that_is_not_configured_leads_to_the_first(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(3)
    expect(counter.open("/?backend=nowhere").radio("server")).to_be_checked()


def test_requests_to_a_backend_carry_no_cookies(
    counter: CounterPage, stack: BackendStack, context: BrowserContext
) -> None:
    """A backend below the site's own address would else get the cookies of every site there."""
    behind = f"{stack.url}/api/server"
    config = {"backends": [{"name": "server", "url": behind}]}
    context.add_cookies([{"name": "other", "value": "x" * 2_500, "url": stack.url}])
    counter.page.route("**/config.json", lambda route: route.fulfill(json=config))
    # The site's server has nothing at this address; that the request got there is enough.
    with counter.page.expect_request_finished(
        lambda request: request.url.startswith(behind)
    ) as finished:
        counter.page.goto(stack.url)
    assert finished.value.all_headers().get("cookie") is None
    counter.says("can\u2019t read")


def test_where_there_is_one_backend_there_is_no_switch(
    counter: CounterPage, stack: BackendStack
) -> None:
    only = {"backends": [{"name": "server", "url": stack.backend_url("server")}]}
    counter.page.route("**/config.json", lambda route: route.fulfill(json=only))
    stack.put(3)
    counter.open().press("Next")
    counter.is_at(4)
    expect(counter.page.get_by_role("radio")).to_have_count(0)
    expect(counter.page).to_have_url(f"{stack.url}/")


@pytest.mark.long
def test_each_backend_shows_how_long_its_last_calls_took(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(3)
    counter.open()
    counter.press(*["Next"] * 5)
    counter.is_at(8)
    server, function = (counter.page.locator(f"[data-backend={n}]") for n in ("server", "lambda"))
    expect(server).to_contain_text(re.compile(r"median\s*[\d.]+ m?s\s*p95\s*[\d.]+ m?s"))
    expect(function).to_contain_text(re.compile("median\\s*\u2013"))
    eventually(lambda: len(_points(server)) == 6, seconds=5)
    assert _points(function) == []
    counter.choose("lambda")
    expect(function).to_contain_text(re.compile(r"median\s*[\d.]+ m?s"))
    assert len(_points(server)) == 6


@pytest.mark.long
def test_a_cold_start_stands_out(counter: CounterPage, stack: BackendStack) -> None:
    """The answer itself is held back, as a function that wakes up does."""
    stack.put(3)
    counter.open()

    def wake_up(route: Route) -> None:
        counter.page.wait_for_timeout(1_200)
        route.continue_()

    counter.press("Next", "Next")
    counter.is_at(5)
    counter.page.route("**/next", wake_up, times=1)
    counter.press("Next", "Next")
    counter.is_at(7)
    row = counter.page.locator("[data-backend=server]")
    expect(row).to_contain_text(re.compile(r"slowest\s*1\.\d\d s at \d\d:\d\d:\d\d"))
    points = _points(row)
    peak = min(points, key=lambda point: point[1])
    assert points.index(peak) == 3  # the fourth call: a read and two steps went before
    marked = row.locator(".peak").get_attribute("d") or ""
    assert tuple(map(float, marked.strip("Mh0").split())) == peak


def _points(row: Any) -> list[tuple[float, float]]:
    points = row.locator("polyline").get_attribute("points") or ""
    pairs = (pair.split(",") for pair in points.split())
    return [(float(x), float(y)) for x, y in pairs]
