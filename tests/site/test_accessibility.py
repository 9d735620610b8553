"""The page follows the browser's font size, keeps the focus, and reads well by ear."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage

_FONT_SIZES = """() => ["copy", "next", "index", "position", "spiral-caption", "digits", "speed"]
  .map(name => parseFloat(getComputedStyle(document.getElementById(name)).fontSize))"""


@pytest.mark.parametrize("width", [1280, pytest.param(390, marks=pytest.mark.long)])
def test_text_follows_the_font_size_of_the_browser(
    counter: CounterPage, stack: BackendStack, width: int
) -> None:
    stack.put(94)
    counter.page.set_viewport_size({"width": width, "height": 800})
    sizes = {}
    session = counter.page.context.new_cdp_session(counter.page)
    for standard in (12, 16, 32):
        session.send("Page.setFontSizes", {"fontSizes": {"standard": standard}})
        counter.open()
        sizes[standard] = counter.page.evaluate(_FONT_SIZES)
        overflow = "document.documentElement.scrollWidth - innerWidth"
        assert counter.page.evaluate(overflow) <= 0
    assert sizes[32] == pytest.approx([2 * size for size in sizes[16]], rel=0.02)
    assert all(small < usual for small, usual in zip(sizes[12], sizes[16], strict=True))


def test_figures_of_a_slow_answer_fit_in_large_text(
    counter: CounterPage, stack: BackendStack
) -> None:
    """Large is twice the usual font size. The time of a slow answer has more characters."""

    def hold_back(route: Route) -> None:
        counter.page.wait_for_timeout(1_100)
        route.continue_()

    stack.put(94)
    counter.page.set_viewport_size({"width": 320, "height": 800})
    session = counter.page.context.new_cdp_session(counter.page)
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    counter.page.route("**/current", hold_back, times=1)
    counter.open()
    figures = counter.page.locator("[data-backend=server] .figures")
    expect(figures).to_contain_text(re.compile(r"slowest\s*1\.\d\d s at \d\d:\d\d:\d\d"))
    assert counter.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_letter_key_does_nothing(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(5)
    counter.open()
    counter.page.keyboard.press("r")
    expect(counter.page.get_by_role("dialog")).to_be_hidden()


def test_pictures_are_hidden_from_screen_readers(counter: CounterPage, stack: BackendStack) -> None:
    """Their captions say the same in words."""
    stack.put(12)
    counter.open()
    expect(counter.page.get_by_role("img")).to_have_count(0)
    for caption in ("#spiral-caption", "#ratio-caption"):
        expect(counter.page.locator(caption)).not_to_be_empty()


def test_focus_stays_on_a_button_that_disables_itself(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(1)
    counter.open()
    for key, button, index in (("Previous", "previous", 0), ("Next", "next", 100_000)):
        counter.button(key).focus()
        counter.page.keyboard.press("Enter")
        counter.is_at(index)
        if button == "next":
            counter.page.keyboard.press("Enter")
            counter.says("This is the end")
        expect(counter.button(key)).to_be_disabled()
        # The browser takes the focus off a disabled button when it draws the next frame.
        counter.page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        assert counter.page.evaluate("document.activeElement.id") == button
        stack.put(99_999)
        counter.read_now()
        counter.is_at(99_999)


def test_next_and_play_are_disabled_at_the_end(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(100_000)
    counter.open().press("Next")
    counter.says("This is the end")
    for name in ("Next", "Play"):
        expect(counter.button(name)).to_be_disabled()
    stack.put(7)
    counter.read_now()
    counter.is_at(7)
    for name in ("Next", "Play"):
        expect(counter.button(name)).to_be_enabled()


@pytest.mark.long
def test_focus_stays_when_show_all_goes(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(10_000)
    counter.open()
    counter.button("Show all").focus()
    stack.put(7)
    counter.read_now()
    counter.is_at(7)
    expect(counter.button("Show all")).to_be_hidden()
    assert counter.page.evaluate("document.activeElement.localName") == "button"
