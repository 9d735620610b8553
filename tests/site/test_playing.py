"""Playing: the page steps by itself, at the speed that is set."""

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage


@pytest.mark.long
def test_play_steps_by_itself_until_paused(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(7)
    counter.open()
    counter.page.get_by_role("slider", name="Speed").fill("5")
    counter.press("Play")
    counter.gets_to(12)
    counter.press("Pause")
    expect(counter.button("Play")).to_be_visible()
    counter.page.wait_for_load_state("networkidle")
    rested = stack.index()
    counter.press("Next")
    counter.is_at(rested + 1)


@pytest.mark.long
def test_playing_ends_at_the_end(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(99_998)
    counter.open()
    counter.page.get_by_role("slider", name="Speed").fill("5")
    counter.press("Play")
    counter.says("This is the end")
    expect(counter.button("Play")).to_be_visible()
    counter.is_at(100_000)


def gaps_while_playing(counter: CounterPage, steps: int) -> list[float]:
    """Return the milliseconds between so many steps that the page sends."""
    before = len(counter.sent("POST"))
    while len(counter.sent("POST")) < before + steps:
        counter.let_pass(50)
    return [later - earlier for earlier, later in pairwise(counter.sent("POST")[before:])]


@pytest.mark.long
@pytest.mark.parametrize(
    ("notch", "pace", "gap_ms"),
    [
        ("0", "a step every 2 seconds", 2_000),
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for case in (
                ("1", "1 step a second", 1_000),
                ("2", "2 steps a second", 500),
                ("3", "4 steps a second", 250),
                ("4", "8 steps a second", 125),
            )
        ),
    ],
)
def test_it_plays_at_the_speed_that_is_set(
    counter: CounterPage, stack: BackendStack, notch: str, pace: str, gap_ms: float
) -> None:
    stack.put(7)
    counter.open_with_its_clock_stopped()
    speed = counter.page.get_by_role("slider", name="Speed")
    speed.fill(notch)
    expect(speed).to_have_attribute("aria-valuetext", pace)
    counter.press("Play")
    for gap in gaps_while_playing(counter, 4):
        assert gap_ms <= gap <= gap_ms + 110


@pytest.mark.long
def test_play_after_a_quick_pause_is_no_faster(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(7)
    counter.open_with_its_clock_stopped()
    counter.page.evaluate("for (let n = 0; n < 5; n += 1) document.getElementById('play').click()")
    # What the quick presses themselves sent goes first.
    for gap in gaps_while_playing(counter, 6)[3:]:
        assert gap >= 500
