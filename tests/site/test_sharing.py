"""A term has an address of its own, and the page a preview for those who are sent it."""

import struct
from pathlib import Path

import gmpy2
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.processes import eventually
from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage

_PUBLIC = Path(__file__).parents[2] / "site" / "public"


@pytest.mark.parametrize(
    "index", [1_000, *(pytest.param(one, marks=pytest.mark.long) for one in (0, 10_000))]
)
def test_linked_term_is_shown_and_marked(
    counter: CounterPage, stack: BackendStack, index: int
) -> None:
    stack.put(12)
    counter.open(f"/#F({index})").is_at(index)
    counter.press(*(["Show all"] if index >= 1_000 else []))
    eventually(lambda: counter.digits == gmpy2.fib(index).digits(10), seconds=10)
    expect(counter.page.get_by_text("It is not the counter")).to_be_visible()
    for name in ("Next", "Previous", "Play", "Reset …"):
        expect(counter.button(name)).to_be_disabled()
    counter.page.keyboard.press("ArrowRight")
    counter.press("Show the counter, at F(12)")
    counter.is_at(12)
    assert stack.index() == 12
    counter.press("Next")
    counter.is_at(13)


def test_linked_term_needs_no_backend(counter: CounterPage) -> None:
    counter.page.route("**/config.json", lambda route: route.fulfill(status=503))
    counter.open("/#F(94)").is_at(94)
    assert counter.digits == "19740274219868223167"


@pytest.mark.long
def test_link_to_a_term_is_copied(
    counter: CounterPage, stack: BackendStack, context: BrowserContext
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    stack.put(94)
    counter.open().press("Share link")
    expect(counter.button("Copied")).to_be_visible()
    link = counter.page.evaluate("navigator.clipboard.readText()")
    assert link == f"{stack.url}/#F(94)"
    stack.put(12)
    other = CounterPage(context.new_page(), "").open(link)
    other.is_at(94)


@pytest.mark.parametrize(
    "name",
    ["F(10001)", *(pytest.param(one, marks=pytest.mark.long) for one in ("F(x)", "nothing"))],
)
def test_unknown_address_is_told(counter: CounterPage, stack: BackendStack, name: str) -> None:
    stack.put(12)
    counter.open(f"/#{name}").is_at(12)
    counter.says("This page can show the terms from F(0) to F(10 000).")


def test_page_has_a_preview(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(12)
    counter.open()
    texts = counter.page.locator("meta[property^=og]").evaluate_all(
        "all => Object.fromEntries(all.map(one => [one.getAttribute('property'), one.content]))"
    )
    assert {"og:title", "og:description", "og:type", "og:image", "og:image:alt"} <= set(texts)
    image = (_PUBLIC / texts["og:image"]).read_bytes()
    assert image.startswith(b"\x89PNG")
    assert struct.unpack(">II", image[16:24]) == (1200, 630)
    assert texts["og:image:width"], texts["og:image:height"] == ("1200", "630")
