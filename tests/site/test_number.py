"""The number: whole or by its ends, grouped, copied, told to who listens."""

import re
from typing import Literal

import gmpy2
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.processes import eventually
from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage


@pytest.mark.parametrize(
    "index", [94, 1_000, *(pytest.param(index, marks=pytest.mark.long) for index in (0, 1, 50))]
)
def test_every_digit_of_the_number_stands_there(
    counter: CounterPage, stack: BackendStack, index: int
) -> None:
    stack.put(index)
    counter.open().is_at(index)
    counter.press(*(["Show all"] if index >= 1_000 else []))
    value = gmpy2.fib(index).digits(10)
    # The browser gives text to a block of the whole number when it draws the next frame.
    eventually(lambda: counter.digits == value)


def test_the_digits_are_grouped_by_thousands_from_the_right(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(50)
    counter.open()
    groups = counter.page.locator("#value .head span").all_text_contents()
    assert groups == ["12", "586", "269", "025"]
    gaps = counter.page.locator("#value .head span").evaluate_all(
        "all => all.map(group => parseFloat(getComputedStyle(group).marginRight))"
    )
    assert min(gaps) > 5


def test_every_digit_is_as_wide_as_the_next(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(94)
    counter.open()
    widths = counter.page.evaluate(
        """() => {
          const range = document.createRange();
          return [...document.querySelectorAll("#value .head span")].flatMap(({ firstChild }) =>
            [...firstChild.data].map((_, at) => {
              range.setStart(firstChild, at);
              range.setEnd(firstChild, at + 1);
              return range.getBoundingClientRect().width;
            }));
        }"""
    )
    assert len(widths) == 20
    assert max(widths) - min(widths) < 0.1
    assert min(widths) > 40


@pytest.mark.parametrize("index", [10_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_a_long_number_shows_its_ends_and_all_of_it_when_asked(
    counter: CounterPage, stack: BackendStack, index: int
) -> None:
    stack.put(index)
    counter.open()
    whole = gmpy2.fib(index).digits(10)
    shown = counter.digits
    assert len(shown) < 200
    assert whole.startswith(shown[:60])
    assert whole.endswith(shown[-60:])
    expect(counter.page.locator("#digits")).to_have_text(f"{len(whole):,} digits".replace(",", " "))
    more = re.search(r"… ([\d\s]+) more …", counter.page.locator("#value").inner_text())
    assert more
    assert len(shown) + int(re.sub(r"\s", "", more[1])) == len(whole)
    counter.press("Show all")
    text = counter.page.locator("#value").text_content() or ""
    assert re.sub(r"\s", "", text) == whole
    counter.press("Show ends")
    assert counter.digits == shown


def test_copy_takes_the_whole_value(
    counter: CounterPage, stack: BackendStack, context: BrowserContext
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    stack.put(10_000)
    counter.open().press("Copy")
    expect(counter.button("Copied")).to_be_visible()
    copied = counter.page.evaluate("navigator.clipboard.readText()")
    assert copied == gmpy2.fib(10_000).digits(10)


@pytest.mark.long
@pytest.mark.parametrize(("motion", "animations"), [("no-preference", 3), ("reduce", 0)])
def test_a_change_is_animated_unless_less_motion_is_preferred(
    counter: CounterPage,
    stack: BackendStack,
    motion: Literal["no-preference", "reduce"],
    animations: int,
) -> None:
    counter.page.emulate_media(reduced_motion=motion)
    stack.put(11)
    counter.open()
    counter.page.evaluate(
        """() => {
          window.animated = 0;
          const animate = Element.prototype.animate;
          Element.prototype.animate = function (...frames) {
            window.animated += 1;
            return animate.apply(this, frames);
          };
        }"""
    )
    counter.press("Next")
    counter.is_at(12)
    assert counter.page.evaluate("window.animated") == animations


@pytest.mark.long
def test_a_screen_reader_is_told_the_number_where_it_comes_to_rest(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(11)
    counter.open()
    heard = counter.page.get_by_role("status")
    expect(heard).to_have_text("F(11) is 89")
    counter.page.evaluate(
        """() => {
          window.heard = [];
          const region = document.querySelector("[role=status]");
          new MutationObserver(() => window.heard.push(region.textContent))
            .observe(region, { childList: true });
        }"""
    )
    counter.press(*["Next"] * 6)
    expect(heard).to_have_text("F(17) is 1597")
    assert len(counter.page.evaluate("window.heard")) < 6
    stack.put(10_000)
    counter.read_now()
    expect(heard).to_contain_text("F(10000) has 2090 digits, from 33644764")
