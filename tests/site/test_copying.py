"""The digits are selected, found, copied and printed whole."""

import re

import gmpy2
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage

_SELECT = """() => {
  const selection = getSelection();
  selection.selectAllChildren(document.getElementById("value"));
  return selection.toString();
}"""


@pytest.mark.parametrize("index", [94, 700])
def test_selected_number_is_plain_digits(
    counter: CounterPage, stack: BackendStack, index: int
) -> None:
    stack.put(index)
    counter.open()
    value = gmpy2.fib(index).digits(10)
    assert counter.page.evaluate(_SELECT).strip() == value
    assert counter.page.locator("#value").text_content() == value
    counter.page.evaluate("getSelection().empty()")
    assert counter.page.evaluate("digits => window.find(digits)", value[3:19])


def test_whole_long_number_is_selected_and_found(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(100_000)
    counter.open().press("Show all")
    value = gmpy2.fib(100_000).digits(10)
    assert counter.page.locator("#value").text_content() == value
    assert counter.page.evaluate(_SELECT).strip() == value
    counter.page.evaluate("getSelection().empty()")
    assert counter.page.evaluate("digits => window.find(digits)", value[10_001:10_031])


def test_copy_works_without_the_clipboard_interface(
    counter: CounterPage, stack: BackendStack, context: BrowserContext
) -> None:
    """A browser offers that interface to secure contexts only."""
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    counter.page.add_init_script(
        """window.clipboard = navigator.clipboard;
        Object.defineProperty(navigator, "clipboard", { value: undefined });"""
    )
    stack.put(10_000)
    counter.open().press("Copy")
    expect(counter.button("Copied")).to_be_visible()
    assert counter.page.evaluate("window.clipboard.readText()") == gmpy2.fib(10_000).digits(10)


def test_copy_that_is_refused_says_why(counter: CounterPage, stack: BackendStack) -> None:
    counter.page.add_init_script(
        """Object.defineProperty(navigator, "clipboard", { value: undefined });
        document.execCommand = () => false;"""
    )
    stack.put(12)
    counter.open().press("Copy")
    counter.says("The browser did not allow this page to copy")


@pytest.mark.long
def test_whole_number_is_printed_after_show_all(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(100_000)
    counter.page.set_viewport_size({"width": 800, "height": 600})
    counter.open().press("Show all")
    pages = len(re.findall(rb"/Type\s*/Page\b", counter.page.pdf()))
    assert pages >= 5  # 20,899 digits fill more than four
    counter.page.emulate_media(media="print")
    value = counter.page.locator("#value")
    assert value.evaluate("box => box.scrollHeight - box.clientHeight") <= 1


def test_hover_colour_does_not_stay_after_a_tap(browser: Browser, stack: BackendStack) -> None:
    stack.put(12)
    with browser.new_context(
        has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}
    ) as context:
        counter = CounterPage(context.new_page(), stack.url).open()
        colours = "button => [getComputedStyle(button).borderColor, getComputedStyle(button).color]"
        for name in ("Previous", "Copy"):
            button = counter.button(name)
            before = button.evaluate(colours)
            button.tap()
            if name == "Previous":
                counter.is_at(11)
            assert counter.page.locator(f"#{name.lower()}").evaluate(colours) == before
