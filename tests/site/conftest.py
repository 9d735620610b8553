"""A browser, a page on which nothing goes wrong unseen, and the processes behind it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fibcore import Settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import find_chromium
from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage

_MAX_INDEX = 100_000


@pytest.fixture(scope="session")
def stack(new_table: Callable[..., Settings], dynamodb_port: int) -> Iterator[BackendStack]:
    """What `make run` starts, shared by the tests: each puts the counter where it wants it."""
    with ExitStack() as processes:
        yield BackendStack(new_table(FIB_MAX_INDEX=str(_MAX_INDEX)), dynamodb_port, processes)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = find_chromium("the page in a browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of its own; fails on any script's error, CSP violation or request elsewhere."""
    faults: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda message: (
                faults.append(message.text)
                # That a request failed is for the page to tell; the tests make some fail.
                if message.type == "error" and "Failed to load resource" not in message.text
                else None
            ),
        )
        page.on(
            "request",
            lambda request: (
                faults.append(request.url)
                if not request.url.startswith(("http://localhost:", "data:"))
                else None
            ),
        )

    context = browser.new_context()
    context.on("page", watch)
    yield context
    context.close()
    assert faults == []


@pytest.fixture
def counter(context: BrowserContext, stack: BackendStack) -> CounterPage:
    return CounterPage(context.new_page(), stack.url)
