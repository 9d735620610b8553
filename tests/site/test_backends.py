"""The two backends: chosen, remembered, in the URL, and compared."""

import json
import re
from typing import Any

import pytest
from fibcore.http import contract
from playwright.sync_api import BrowserContext, Route, expect

from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage


def test_steps_go_to_the_backend_that_is_chosen(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(0)
    sent: list[str] = []
    counter.page.on("request", lambda request: sent.append(request.url))
    counter.open()
    for index, name in enumerate(("lambda", "server"), start=1):
        counter.page.get_by_text(name).click()
        link = counter.page.get_by_role("link", name="API document")
        expect(link).to_have_attribute("href", f"{stack.backend_url(name)}/openapi.json")
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
    counter.page.get_by_text("lambda").click()
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
    counter.open().page.get_by_text("lambda").click()
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
    link = counter.page.get_by_role("link", name="API document")
    expect(link).to_have_attribute("href", f"{behind}/openapi.json")


@pytest.mark.long
def test_a_name_that_is_not_configured_leads_to_the_first(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(3)
    expect(counter.open("/?backend=nowhere").radio("server")).to_be_checked()


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
    assert len(_points(server)) == 6
    assert _points(function) == []
    counter.page.get_by_text("lambda").click()
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


@pytest.mark.long
def test_the_link_leads_to_the_document_of_this_contract(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(3)
    counter.open().page.get_by_role("link", name="API document").click()
    document = json.loads(counter.page.locator("body").inner_text())
    assert {route.path for route in contract.ROUTES} <= set(document["paths"])


def _points(row: Any) -> list[tuple[float, float]]:
    points = row.locator("polyline").get_attribute("points") or ""
    pairs = (pair.split(",") for pair in points.split())
    return [(float(x), float(y)) for x, y in pairs]
