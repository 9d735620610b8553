"""The page in a real browser, on both backends."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import gmpy2
import pytest
from fibcore import Settings
from fibcore.counter_item import INDEX_NAME, KEY_NAME, KEY_VALUE
from fibcore.dynamodb_client import create_client
from local_stack import programs
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import skip_or_fail
from tests.processes import Running, free_port, running


class Stack:
    """Both backends and the site, on a table of their own."""

    def __init__(self, settings: Settings, dynamodb_port: int, processes: ExitStack) -> None:
        self._settings = settings
        server, function, site = free_port(), free_port(), free_port()
        table = {"COUNTER_TABLE_NAME": settings.table_name, "FIB_MAX_INDEX": "100000"}
        start = {
            server: programs.server(port=server, dynamodb_port=dynamodb_port, **table),
            function: programs.lambda_api(port=function, dynamodb_port=dynamodb_port, **table),
            site: programs.site(port=site, server_port=server, lambda_port=function),
        }
        started = [processes.enter_context(running(one, port=port)) for port, one in start.items()]
        self.server: Running = started[0]
        self.url = f"http://localhost:{site}"

    def put(self, index: int) -> None:
        create_client(self._settings).put_item(
            TableName=self._settings.table_name,
            Item={KEY_NAME: {"S": KEY_VALUE}, INDEX_NAME: {"N": str(index)}},
        )


@pytest.fixture
def stack(new_table: Callable[..., Settings], dynamodb_port: int) -> Iterator[Stack]:
    with ExitStack() as processes:
        yield Stack(new_table(), dynamodb_port, processes)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if not chromium:
        skip_or_fail("the page's tests need a browser: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which nothing goes wrong unseen: no error, nothing asked of another host."""
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda message: (
            faults.append(message.text)
            if message.type == "error"
            and "ERR_CONNECTION_REFUSED" not in message.text
            # A refusal by the contract is no fault of the page.
            and "status of 409" not in message.text
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
    yield page
    page.close()
    assert faults == []


def digits(page: Page) -> str:
    return "".join(filter(str.isdigit, page.locator("#value").inner_text()))


def test_the_page_steps_on_the_backend_that_is_chosen(page: Page, stack: Stack) -> None:
    stack.put(0)
    page.goto(stack.url)
    position, step = page.locator("#position"), page.get_by_role("button", name="Next")
    expect(position).to_have_text("F(0)")
    expect(page.get_by_role("button", name="Previous")).to_be_disabled()
    step.click()
    expect(position).to_have_text("F(1)")
    page.get_by_text("lambda").click()
    step.click()
    expect(position).to_have_text("F(2)")
    page.get_by_role("button", name="Previous").click()
    expect(position).to_have_text("F(1)")
    expect(page).to_have_title("F(1) · Fibonacci")


def test_quick_presses_are_all_counted(page: Page, stack: Stack) -> None:
    stack.put(50)
    page.goto(stack.url)
    expect(page.locator("#position")).to_have_text("F(50)")
    page.get_by_role("button", name="Next").evaluate(
        "button => { for (let n = 0; n < 100; n += 1) button.click(); }"
    )
    expect(page.locator("#position")).to_have_text("F(150)", timeout=30_000)
    assert digits(page) == gmpy2.fib(150).digits(10)


def test_a_reset_asks_first(page: Page, stack: Stack) -> None:
    stack.put(7)
    page.goto(stack.url)
    expect(page.locator("#position")).to_have_text("F(7)")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#position")).to_have_text("F(7)")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#position")).to_have_text("F(0)")


def test_a_long_number_shows_its_ends_and_all_of_it_when_asked(page: Page, stack: Stack) -> None:
    stack.put(10_000)
    page.goto(stack.url)
    whole = gmpy2.fib(10_000).digits(10)
    expect(page.locator("#digits")).to_contain_text("2 090 digits")
    expect(page.locator("#value")).to_contain_text("more")
    page.get_by_role("button", name="Show all").click()
    assert digits(page) == whole


def test_the_end_and_a_backend_that_is_gone_are_told_in_words(page: Page, stack: Stack) -> None:
    stack.put(100_000)
    page.goto(stack.url)
    expect(page.locator("#position")).to_contain_text("F(100")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alert")).to_have_text("This is the end: the counter goes no further.")
    stack.server.kill()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alert")).to_contain_text("does not answer")


@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.parametrize("index", [0, 94, 10_000])
def test_nothing_is_wider_than_the_window(page: Page, stack: Stack, width: int, index: int) -> None:
    stack.put(index)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(stack.url)
    expect(page.locator("#position")).to_contain_text("F(")
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0


def test_the_keys_step(page: Page, stack: Stack) -> None:
    stack.put(7)
    page.goto(stack.url)
    expect(page.locator("#position")).to_have_text("F(7)")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#position")).to_have_text("F(8)")


def test_the_page_follows_what_others_do(page: Page, stack: Stack) -> None:
    stack.put(7)
    page.goto(stack.url)
    expect(page.locator("#position")).to_have_text("F(7)")
    stack.put(21)
    expect(page.locator("#position")).to_have_text("F(21)", timeout=10_000)
