"""The page fits every width, stands still, and prints."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage

SITE = Path(__file__).parents[2] / "site" / "public"

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_CONTROLS = ["previous", "next", "play", "speed", "reset", "copy", "spiral", "ratio", "source"]
# Labels in the pictures, and figures of the backends, that stick out of their box.
_CUT_OFF = """() => {
  const inside = (one, box) => one.left >= box.left - 1 && one.right <= box.right + 1;
  const box = selector => one => one.closest(selector).getBoundingClientRect();
  const all = [["svg text", box("svg")], [".figures dd", box(".figures")], ["button", box("body")]];
  return all.flatMap(([selector, around]) => [...document.querySelectorAll(selector)]
    .filter(one => one.getClientRects().length)
    .filter(one => !inside(one.getBoundingClientRect(), around(one)))
    .map(one => one.outerHTML));
}"""
_PLACES = """names => names.map(name => {
  const { x, y, width, height } = document.getElementById(name).getBoundingClientRect();
  return [x, y, width, height].map(Math.round);
})"""


_WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => window.shifts.push(
  ...list.getEntries().flatMap(({ sources }) => sources.map(({ node }) => node?.outerHTML))
)).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.long
@pytest.mark.parametrize("face", ["own", "another"])
@pytest.mark.parametrize("width", [320, 768, 1024, 1100, 1440, 3840])
def test_nothing_moves_or_sticks_out_from_index_to_index(
    counter: CounterPage, stack: BackendStack, width: int, face: str
) -> None:
    if face == "another":  # some people's browsers load no faces of a site's own
        style = (SITE / "style.css").read_text().replace("@font-face", "@media not all")
        counter.page.route(
            "**/style.css", lambda route: route.fulfill(body=style, content_type="text/css")
        )
    counter.page.set_viewport_size({"width": width, "height": 900})
    stack.put(0)
    counter.open()
    at_start = counter.page.evaluate(_PLACES, _CONTROLS)
    for index in (1, 2, 12, 40, 62, 70, 94, 290, 1_000, 1_150, 10_000, 100_000):
        stack.put(index)
        counter.read_now()
        counter.is_at(index)
        assert counter.page.evaluate(_PLACES, _CONTROLS) == at_start, index
        assert counter.page.evaluate(_OVERFLOW) == 0, index
        assert counter.page.evaluate(_CUT_OFF) == [], index
        value = counter.page.locator("#value")
        assert value.evaluate("box => box.scrollHeight - box.clientHeight") <= 0, index
        assert value.evaluate("box => box.scrollWidth - box.clientWidth") <= 0, index


@pytest.mark.long
def test_nothing_shifts_while_it_loads_and_plays(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(85)
    counter.page.add_init_script(_WATCH_SHIFTS)
    counter.open()
    counter.page.get_by_role("slider", name="Speed").fill("5")
    counter.press("Play")
    counter.gets_to(105)
    counter.press("Pause")
    assert counter.page.evaluate("window.shifts") == []


@pytest.mark.parametrize(
    "size", [pytest.param((390, 844), marks=pytest.mark.long), (1350, 940), (2560, 1440)]
)
def test_nothing_shifts_while_the_api_page_loads(
    counter: CounterPage, size: tuple[int, int]
) -> None:
    counter.page.set_viewport_size({"width": size[0], "height": size[1]})
    counter.page.add_init_script(_WATCH_SHIFTS)
    with counter.page.expect_response("**/openapi.json") as answer:
        counter.page.goto(f"{counter.url}/api.html")
    assert answer.value.ok
    expect(counter.page.locator(".operation").first).to_be_attached()
    counter.page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    assert counter.page.evaluate("window.shifts") == []


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.long), "dark"])
def test_print_leaves_the_number_and_the_pictures_on_white(
    counter: CounterPage, stack: BackendStack, scheme: Literal["light", "dark"]
) -> None:
    stack.put(94)
    counter.page.emulate_media(color_scheme=scheme, media="print")
    counter.open()
    for gone in ("#next", "#reset", "#backends", "#copy", "#document"):
        expect(counter.page.locator(gone)).to_be_hidden()
    for left in ("#value", "#spiral", "#ratio", "#spiral-caption"):
        expect(counter.page.locator(left)).to_be_visible()
    body = counter.page.locator("body")
    assert body.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    assert body.evaluate("e => getComputedStyle(e).color") == "rgb(34, 29, 23)"


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.long), "dark"])
def test_the_page_is_light_or_dark_as_preferred(
    counter: CounterPage, stack: BackendStack, scheme: Literal["light", "dark"]
) -> None:
    stack.put(94)
    counter.page.emulate_media(color_scheme=scheme)
    counter.open()
    colour = counter.page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor")
    red = int(colour.removeprefix("rgb(").split(",")[0])
    assert (red > 200) is (scheme == "light")
