"""The picture: squares, spiral and ratio are right, and fit."""

import math
import re
from typing import Any

import gmpy2
import pytest
from playwright.sync_api import expect

from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage

_LOWERED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SQUARES = """rects => rects.map(rect => Object.fromEntries(
  ["x", "y", "width", "height"].map(name => [name, +rect.getAttribute(name)])))"""


def squares(counter: CounterPage) -> list[dict[str, Any]]:
    drawn = counter.page.locator(".squares rect:not(.ahead, [class=''])")
    found: list[dict[str, Any]] = drawn.evaluate_all(_SQUARES)
    return found


def labels(counter: CounterPage) -> list[str]:
    return [
        text.replace("\u00a0", " ")
        for text in counter.page.locator(".labels text:not(.ahead, [class=''])").all_text_contents()
    ]


@pytest.mark.parametrize(
    "index",
    [7, *(pytest.param(index, marks=pytest.mark.long) for index in (3, 4, 5, 6, 50, 94, 10_000))],
)
def test_each_side_is_the_sum_of_the_next_two_and_they_fill_the_frame(
    counter: CounterPage, stack: BackendStack, index: int
) -> None:
    stack.put(index)
    drawn = squares(counter.open())
    sides = [square["width"] for square in drawn]
    assert sides == [square["height"] for square in drawn]
    for one, two, three in zip(sides, sides[1:], sides[2:], strict=False):
        assert one == pytest.approx(two + three)
    assert len(sides) == min(index, 14)
    assert max(s["x"] + s["width"] for s in drawn) <= 1618.1
    assert max(s["y"] + s["height"] for s in drawn) <= 1000.1
    assert min(min(s["x"], s["y"]) for s in drawn) >= 0
    area = sum(side**2 for side in sides)
    if index < 14:  # all of them are drawn: no overlap, no gap
        assert area == pytest.approx(sides[0] * (sides[0] + sides[1]))


def test_the_spiral_runs_through_every_square_without_a_break(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(12)
    counter.open()
    path = counter.page.locator(".squares .spiral:not(.ahead)").get_attribute("d") or ""
    start, *arcs = path.replace("M", "").split("A")
    at = tuple(map(float, start.split()))
    drawn = squares(counter)
    assert len(arcs) == len(drawn) == 12
    for arc, square in zip(arcs, drawn, strict=True):
        radius, *_, x, y = map(float, arc.split())
        assert radius == pytest.approx(square["width"])
        # From one corner of its square to the one across.
        assert math.dist(at, (x, y)) == pytest.approx(radius * math.sqrt(2))
        for corner_x, corner_y in (at, (x, y)):
            assert corner_x in (pytest.approx(square["x"]), pytest.approx(square["x"] + radius))
            assert corner_y in (pytest.approx(square["y"]), pytest.approx(square["y"] + radius))
        at = (x, y)


def test_sides_are_labelled_by_their_lengths_and_far_on_by_their_terms(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(7)
    assert labels(counter.open())[:4] == ["13", "8", "5", "3"]
    stack.put(10_000)
    counter.read_now()
    counter.is_at(10_000)
    assert labels(counter)[:2] == ["F(10 000)", "F(9 999)"]


def test_a_step_turns_the_picture_by_a_quarter(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(20)
    counter.open()
    first, second = squares(counter)[:2]
    counter.hold_motion()
    counter.press("Next")
    counter.is_at(21)
    newest, before = squares(counter)[:2]
    assert newest["x"] == pytest.approx(first["x"], abs=0.1)
    assert before["width"] == pytest.approx(second["width"], abs=0.1)
    turning = counter.page.evaluate(
        "document.querySelector('.squares').getAnimations()[0]?.effect.getKeyframes()"
    )
    assert "rotate(-90deg)" in turning[0]["transform"]
    assert "rotate(0deg)" in turning[-1]["transform"]


@pytest.mark.parametrize(
    "index", [7, *(pytest.param(index, marks=pytest.mark.long) for index in (2, 3, 8, 30, 94))]
)
def test_the_ratio_is_that_of_the_last_two_terms(
    counter: CounterPage, stack: BackendStack, index: int
) -> None:
    stack.put(index)
    caption = counter.open().page.locator("#ratio-caption")
    ratio = gmpy2.fib(index) / gmpy2.fib(index - 1)
    expect(caption).to_contain_text(f"{ratio:.9f}"[:5])
    text = "".join((caption.text_content() or "").split())
    assert f"={ratio:.9f}" in text
    assert ("above" in text) is (index % 2 == 1)


@pytest.mark.parametrize("indexes", [(600, 900), pytest.param((60, 90), marks=pytest.mark.long)])
def test_plot_falls_by_a_constant_part_of_a_digit(
    counter: CounterPage, stack: BackendStack, indexes: tuple[int, int]
) -> None:
    places = []
    for index in indexes:
        stack.put(index)
        counter.open()
        here = counter.page.locator("#ratio .newest")
        places.append([float(here.get_attribute(name) or "") for name in ("cx", "cy")])
    (x, y), (later_x, later_y) = places
    axis = counter.page.locator("#ratio .floor").get_attribute("d") or ""
    left, top, bottom, right = map(float, re.findall(r"[\d.]+", axis))
    lowest = counter.page.locator("#ratio .level").last.text_content() or ""
    digits = int(lowest.removeprefix("10⁻").translate(_LOWERED))
    last = counter.page.locator("#ratio .mark").nth(2).text_content() or ""
    end = int(last.replace("\u00a0", ""))
    steps = (later_x - x) / (right - left) * end
    assert steps == pytest.approx(indexes[1] - indexes[0])
    fallen = (later_y - y) / (bottom - top) * digits
    assert fallen / steps == pytest.approx(2 * math.log10((1 + math.sqrt(5)) / 2), rel=1e-3)


def test_plot_has_a_title_and_named_axes(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(12)
    counter.open()
    expect(counter.page.get_by_role("heading", name="How close the ratio")).to_be_visible()
    titles = counter.page.locator("#ratio .title").all_text_contents()
    assert titles == ["distance from φ", "index of the term"]


def test_first_terms_have_a_picture_too(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(0)
    counter.open()
    expect(counter.page.locator("#spiral-caption")).to_contain_text("F(0) is 0")
    expect(counter.page.locator("#ratio-caption")).to_contain_text("From F(2) on")
    expect(counter.page.locator("#ratio .newest")).to_be_hidden()
    assert counter.page.locator(".squares rect.ahead").count() >= 4
    assert squares(counter) == []
    expect(counter.page.locator("#value")).to_have_text("0")


@pytest.mark.parametrize("index", [3, 12])
def test_caption_is_true_of_the_squares(
    counter: CounterPage, stack: BackendStack, index: int
) -> None:
    stack.put(index)
    counter.open()
    caption = counter.page.locator("#spiral-caption").text_content() or ""
    side, one, other = map(int, re.findall(r"\d+", caption))
    assert side == one + other == gmpy2.fib(index)
