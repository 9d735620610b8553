"""The picture: zooming in and out, its corners, its labels, and saving it."""

import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from tests.processes import eventually
from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage

_LOWEST_CONTRAST = 4.5
_HAS_RESTED = "performance.now() - window.heldAt > 420"
# What is painted just inside the frame's corners, in the middle of a turn.
_CORNERS = """() => {
  const squares = document.querySelector(".squares");
  const animation = squares.getAnimations()[0];
  const { left, right, top, bottom } = document.getElementById("spiral").getBoundingClientRect();
  const corners = [[left, top], [right, top], [left, bottom], [right, bottom]]
    .map(([x, y]) => [x < 200 ? x + 8 : x - 8, y === top ? y + 8 : y - 8]);
  return [30, 80, 140, 240].flatMap(time => {
    animation.currentTime = time;
    return corners.map(([x, y]) =>
      document.elementsFromPoint(x, y).some(one => one.localName === "rect"));
  });
}"""
_COLOURS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const luminance = colour => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map(part => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const fill = (element, name) => {
    element.setAttribute("class", name);
    return luminance(getComputedStyle(element).fill);
  };
  const [rect, text] = ["rect", "text"].map(name => document.querySelector(`#spiral ${name}`));
  return [0, 1, 2, 3, 4, 5].flatMap(tint => ["", " ahead"].map(ahead => {
    const both = [fill(rect, `tint${tint}${ahead}`), fill(text, `tint${tint}${ahead}`)];
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
  }));
}"""


def labels(page: Page) -> list[str]:
    texts = page.locator(".labels text:not([class=''])").all_text_contents()
    return [text.replace("\u00a0", " ") for text in texts]


def wheel(page: Page, steps: float) -> None:
    page.locator("#spiral").hover()
    page.mouse.wheel(0, 240 * steps)


def drag(page: Page, steps: float) -> None:
    box = page.locator("#spiral").bounding_box()
    assert box
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - steps / 4 * box["width"], middle[1], steps=5)
    page.mouse.up()


def pinch(page: Page, steps: float) -> None:
    box = page.locator("#spiral").bounding_box()
    assert box
    session = page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def touch(kind: str, apart: float | None) -> None:
        points = [] if apart is None else [{"x": x - apart, "y": y}, {"x": x + apart, "y": y}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 100)
    touch("touchMove", 100 * 1.618**-steps)
    touch("touchEnd", None)


@pytest.mark.parametrize(
    "gesture", [wheel, *(pytest.param(one, marks=pytest.mark.long) for one in (drag, pinch))]
)
def test_gestures_look_further_out_and_in(
    counter: CounterPage, stack: BackendStack, gesture: Any
) -> None:
    stack.put(94)
    page = counter.open().page
    expect(counter.button("Back to the counter")).to_be_hidden()
    gesture(page, 2)
    expect(page.locator(".labels").get_by_text("F(96)")).to_be_visible()
    counter.press("Back to the counter")
    expect(page.locator(".labels").get_by_text("F(96)")).to_be_hidden()
    expect(counter.button("Back to the counter")).to_be_hidden()
    gesture(page, -1.2)
    expect(page.locator(".labels").get_by_text("F(94)")).to_be_hidden()
    assert counter.index == stack.index() == 94


def test_buttons_look_further_and_a_press_comes_back(
    counter: CounterPage, stack: BackendStack
) -> None:
    """Keys reach the buttons, for whoever can not drag."""
    stack.put(12)
    page = counter.open().page
    for name, label in (("Look further out", "233"), ("Look further out", "377")):
        counter.button(name).focus()
        page.keyboard.press("Enter")
        expect(page.locator(".labels").get_by_text(label, exact=True)).to_be_visible()
    # What the counter has not reached yet is drawn, but paler.
    assert page.locator(".squares rect.ahead").count() == 6
    counter.press("Next")
    counter.is_at(13)
    expect(counter.button("Back to the counter")).to_be_hidden()
    expect(page.locator(".labels").get_by_text("233", exact=True)).to_be_visible()


def test_nobody_looks_past_the_first_square(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(3)
    page = counter.open().page
    wheel(page, -20)
    expect(page.locator(".labels").get_by_text("1", exact=True).first).to_be_visible()
    assert page.locator(".squares rect:not(.ahead, [class=''])").count() >= 1


@pytest.mark.parametrize("index", [94, pytest.param(5, marks=pytest.mark.long)])
def test_no_corner_is_bare_while_the_picture_turns(
    counter: CounterPage, stack: BackendStack, index: int
) -> None:
    stack.put(index)
    counter.open()
    for name, reached in (("Next", index + 1), ("Previous", index)):
        counter.hold_motion()
        counter.press(name)
        counter.is_at(reached)
        assert counter.page.evaluate(_CORNERS) == [True] * 16
        # A change that comes at once after another is shown without motion.
        eventually(lambda: bool(counter.page.evaluate(_HAS_RESTED)), seconds=10)


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_labels_have_contrast_on_every_tint(
    counter: CounterPage, stack: BackendStack, scheme: Literal["light", "dark"]
) -> None:
    stack.put(12)
    counter.page.emulate_media(color_scheme=scheme)
    counter.open()
    contrasts = counter.page.evaluate(_COLOURS)
    assert min(contrasts) >= _LOWEST_CONTRAST, contrasts


def test_labels_grow_with_their_squares(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(12)
    counter.open()
    sizes = counter.page.locator(".labels text:not(.ahead, [class=''])").evaluate_all(
        "all => all.map(text => Number(text.getAttribute('font-size')))"
    )
    assert len(sizes) >= 4
    assert all(one > other for one, other in pairwise(sizes))


def test_picture_lines_up_with_the_text(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(12)
    counter.open()
    lefts = counter.page.evaluate(
        """["spiral", "previous", "spiral-caption", "moved"].map(name =>
          document.getElementById(name).getBoundingClientRect().left)"""
    )
    assert len(set(lefts)) == 1
    overflow = "getComputedStyle(document.getElementById('spiral')).overflow"
    assert counter.page.evaluate(overflow) == "hidden"


def test_saved_picture_is_an_svg_of_its_own(
    counter: CounterPage, stack: BackendStack, tmp_path: Path
) -> None:
    stack.put(12)
    counter.open()
    with counter.page.expect_download() as download:
        counter.press("Save the picture")
    assert download.value.suggested_filename == "F(12).svg"
    download.value.save_as(tmp_path / "picture.svg")
    root = ET.parse(tmp_path / "picture.svg").getroot()
    svg = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{svg}svg"
    fills = [rect.get("fill") or "" for rect in root.iter(f"{svg}rect")]
    assert len(fills) >= 12
    assert all(fill.startswith(("rgb", "color", "oklab")) for fill in fills)
    assert "144" in [text.text for text in root.iter(f"{svg}text")]
