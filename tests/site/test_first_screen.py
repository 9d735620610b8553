"""What a visitor sees first: the number, Next and the whole picture, on every kind of screen."""

import re

import pytest
from playwright.sync_api import expect

from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage

_SCREENS = {
    "laptop": (1280, 720),
    "phone": (390, 844),
    "small phone": (320, 640),
    "phone held sideways": (844, 390),
    "tablet": (768, 1024),
    "tablet held sideways": (1024, 768),
}
_INSIDE = """names => names.map(name => {
  const { top, bottom } = document.getElementById(name).getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight + 1;
})"""


@pytest.mark.parametrize(
    "screen",
    [
        "phone",
        *(pytest.param(screen, marks=pytest.mark.long) for screen in _SCREENS if screen != "phone"),
    ],
)
def test_picture_is_in_the_first_screen(
    counter: CounterPage, stack: BackendStack, screen: str
) -> None:
    width, height = _SCREENS[screen]
    counter.page.set_viewport_size({"width": width, "height": height})
    for index in (12, 10_000):
        stack.put(index)
        counter.open()
        names = ["index", "value", "next", "previous", "spiral"]
        assert counter.page.evaluate(_INSIDE, names) == [True] * len(names), index
    counter.press("Next")
    counter.is_at(10_001)
    assert counter.page.evaluate("scrollY") == 0


def test_message_is_seen_without_scrolling(counter: CounterPage, stack: BackendStack) -> None:
    counter.page.set_viewport_size({"width": 320, "height": 640})
    stack.put(100_000)
    counter.open().press("Next")
    counter.says("This is the end")
    assert counter.page.evaluate(_INSIDE, ["message"]) == [True]


def test_picture_comes_before_secondary_controls(counter: CounterPage, stack: BackendStack) -> None:
    counter.page.set_viewport_size({"width": 390, "height": 844})
    stack.put(12)
    counter.open()
    tops = counter.page.evaluate(
        """["next", "spiral", "play", "ratio", "backends"].map(name =>
          document.getElementById(name).getBoundingClientRect().top)"""
    )
    assert tops == sorted(tops)


def test_page_says_what_it_is(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(12)
    counter.open()
    expect(counter.page.get_by_role("banner")).to_contain_text("One shared counter")
    expect(counter.page.get_by_text("Timed in this browser")).to_be_visible()
    expect(counter.page.locator("#source")).to_have_attribute(
        "href", "https://github.com/stuburger/go-fib"
    )


def test_page_says_who_moved_the_counter(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(12)
    counter.open()
    moved = counter.page.locator("#moved")
    counter.press("Next")
    expect(moved).to_have_text("Moved here, just now")
    stack.put(20)
    counter.read_now()
    counter.is_at(20)
    expect(moved).to_have_text("Moved elsewhere, just now")
    expect(moved).to_have_text(re.compile(r"^Moved elsewhere, \d+ s ago$"))
