"""The picture: squares, spiral and ratio are right, and fit."""

import math
from typing import Any

import gmpy2
import pytest
from playwright.sync_api import expect

from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage

_SQUARES = """rects => rects.map(rect => Object.fromEntries(
  ["x", "y", "width", "height"].map(name => [name, +rect.getAttribute(name)])))"""


def squares(counter: CounterPage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = counter.page.locator("#spiral rect").evaluate_all(_SQUARES)
    return found


def labels(counter: CounterPage) -> list[str]:
    return [
        text.replace("\u00a0", " ")
        for text in counter.page.locator("#spiral text").all_text_contents()
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
    path = counter.page.locator("#spiral .spiral").get_attribute("d") or ""
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
    assert labels(counter.open())[:5] == ["13", "8", "5", "3", "2"]
    stack.put(10_000)
    counter.read_now()
    counter.is_at(10_000)
    assert labels(counter)[:2] == ["F(10 000)", "F(9 999)"]


def test_a_step_turns_the_picture_by_a_quarter(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(20)
    counter.open()
    first, second = squares(counter)[:2]
    counter.press("Next")
    counter.is_at(21)
    newest, before = squares(counter)[:2]
    assert newest["x"] == pytest.approx(first["x"], abs=0.1)
    assert before["width"] == pytest.approx(second["width"], abs=0.1)
    turning = counter.page.evaluate(
        "document.querySelector('#spiral g').getAnimations()[0]?.effect.getKeyframes()"
    )
    assert "rotate(-90deg)" in turning[0]["transform"]
    assert "rotate(0deg)" in turning[1]["transform"]


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
    expect(counter.page.locator("#ratio circle")).to_have_count(min(10, index - 1))


def test_the_plot_swings_about_phi_and_closes_in_on_it(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(12)
    counter.open()
    circles = counter.page.locator("#ratio circle")
    heights = circles.evaluate_all("all => all.map(one => +one.getAttribute('cy'))")
    axis = counter.page.locator("#ratio .phi").get_attribute("d") or ""
    offsets = [float(axis.split()[1].partition("H")[0]) - height for height in heights]
    # F(3)/F(2) = 2 is above, and the first of ten.
    assert [offset > 0 for offset in offsets] == [True, False] * 5
    sizes = [abs(offset) for offset in offsets]
    assert sizes == sorted(sizes, reverse=True)
    far = counter.page.locator("#ratio text.mark").all_text_contents()
    assert far == ["3", "12"]


def test_at_the_start_there_is_no_square_and_no_ratio(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(0)
    counter.open()
    expect(counter.page.locator("#spiral-caption")).to_have_text("F(0) is 0: no square yet.")
    expect(counter.page.locator("#ratio circle")).to_have_count(0)
