"""The page about the API: what the backends say of themselves, in a form for people."""

import pytest
from fibcore.http import contract
from playwright.sync_api import expect

from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage


@pytest.mark.parametrize("name", ["lambda", pytest.param("server", marks=pytest.mark.long)])
def test_backend_is_explained(counter: CounterPage, stack: BackendStack, name: str) -> None:
    stack.put(12)
    page = counter.open().page
    page.locator(f"[data-backend={name}] a").click()
    expect(page).to_have_url(f"{stack.url}/api.html#{name}")
    section = page.locator(f"#{name}")
    expect(section).to_be_visible()
    expect(section).to_contain_text(stack.backend_url(name))


def test_every_operation_is_listed(counter: CounterPage, stack: BackendStack) -> None:
    page = counter.page
    page.goto(f"{stack.url}/api.html")
    for route in contract.ROUTES:
        expect(page.get_by_role("heading", name=route.path, exact=False)).to_be_visible()
    row = page.get_by_role("row", name="409").first
    expect(row).to_be_visible()
    link = page.get_by_role("link", name="openapi.json")
    expect(link).to_have_attribute("href", f"{stack.backend_url('server')}/openapi.json")


@pytest.mark.long
def test_other_backend_describes_when_the_first_fails(
    counter: CounterPage, stack: BackendStack
) -> None:
    counter.page.route(f"{stack.backend_url('server')}/**", lambda route: route.abort())
    counter.page.goto(f"{stack.url}/api.html")
    expect(counter.page.get_by_role("heading", name="/next")).to_be_visible()


def test_page_says_when_nobody_answers(counter: CounterPage, stack: BackendStack) -> None:
    counter.page.clock.install()
    counter.page.route("**/openapi.json", lambda route: route.abort())
    counter.page.goto(f"{stack.url}/api.html")
    failed = counter.page.get_by_text("No backend answers")
    expect(failed).to_be_visible()
    counter.page.unroute("**/openapi.json")
    counter.page.clock.run_for(4_000)
    expect(counter.page.get_by_role("heading", name="/next")).to_be_visible()
    expect(failed).to_be_hidden()
