"""Steps by buttons and keys, pressed and held down: each press is one step."""

import re

import gmpy2
import pytest
from playwright.sync_api import expect

from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage


@pytest.mark.parametrize("presses", [40, pytest.param(200, marks=pytest.mark.long)])
def test_quick_presses_are_all_counted_in_order(
    counter: CounterPage, stack: BackendStack, presses: int
) -> None:
    stack.put(50)
    sent: list[str] = []
    counter.page.on(
        "request",
        lambda request: (
            sent.append(request.url.rpartition("/")[2]) if request.method == "POST" else None
        ),
    )
    counter.open()
    pressed = ["next", "next", "previous", "next"] * (presses // 4)
    counter.page.evaluate(
        "names => names.forEach(name => document.getElementById(name).click())", pressed
    )
    # The page is not held up meanwhile.
    expect(counter.page.locator("#moved")).to_contain_text("waiting")
    end = 50 + presses // 2
    counter.is_at(end, seconds=60)
    assert sent == pressed
    assert stack.index() == end
    assert counter.digits == gmpy2.fib(end).digits(10)
    expect(counter.page.locator("#moved")).to_contain_text("Moved here")


def test_previous_can_not_be_pressed_at_the_start(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(1)
    counter.open()
    expect(counter.button("Previous")).to_be_enabled()
    counter.press("Previous")
    counter.is_at(0)
    expect(counter.button("Previous")).to_be_disabled()
    counter.press("Next")
    expect(counter.button("Previous")).to_be_enabled()


def test_a_reset_asks_first(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(7)
    counter.open().press("Reset …", "Keep it")
    expect(counter.page.get_by_role("dialog")).to_be_hidden()
    assert stack.index() == 7
    counter.press("Reset …")
    counter.page.keyboard.press("Escape")
    expect(counter.page.get_by_role("dialog")).to_be_hidden()
    assert stack.index() == 7
    counter.press("Reset …", "Reset to 0")
    counter.is_at(0)
    assert stack.index() == 0


def test_arrow_keys_step(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(7)
    counter.open()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        counter.page.keyboard.press(key)
    counter.is_at(8)


@pytest.mark.long
def test_everything_can_be_reached_by_the_keyboard_alone(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(10_000)
    counter.open()
    reached = []
    for _ in range(12):
        counter.page.keyboard.press("Tab")
        reached.append(
            counter.page.evaluate(
                "document.activeElement.id || document.activeElement.value"
                " || document.activeElement.localName"
            )
        )
        outline = counter.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
    assert reached == [
        "all", "link", "copy", "previous", "next", "further-in", "further-out", "save", "play",
        "speed", "reset", "server",
    ]  # fmt: skip


@pytest.mark.long
def test_a_whole_visit_by_the_keyboard_alone(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(10_000)
    counter.open()
    keyboard = counter.page.keyboard

    def reach(name: str) -> None:
        for _ in range(20):
            keyboard.press("Tab")
            focused = counter.page.evaluate(
                "document.activeElement.id || document.activeElement.value"
            )
            if focused == name:
                return
        pytest.fail(f"{name} can't be reached")

    reach("all")
    keyboard.press("Enter")
    expect(counter.button("Show ends")).to_be_visible()
    keyboard.press("Enter")
    reach("next")
    keyboard.press("Enter")
    counter.is_at(10_001)
    reach("previous")
    keyboard.press("Space")
    counter.is_at(10_000)
    reach("play")
    keyboard.press("Space")
    counter.gets_to(10_001)
    keyboard.press("Space")
    expect(counter.button("Play")).to_be_visible()
    reach("server")
    keyboard.press("ArrowDown")
    expect(counter.radio("lambda")).to_be_checked()
    reach("reset")
    keyboard.press("Enter")
    reach("yes")
    keyboard.press("Enter")
    counter.is_at(0)
    reach("source")


@pytest.mark.long
def test_the_arrows_move_the_speed_while_it_has_the_focus(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(7)
    counter.open()
    speed = counter.page.get_by_role("slider", name="Speed")
    speed.focus()
    counter.page.keyboard.press("ArrowRight")
    expect(speed).to_have_attribute("aria-valuetext", "4 steps a second")
    assert stack.index() == 7


@pytest.mark.long
def test_the_arrows_step_after_a_backend_was_chosen_with_the_mouse(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(7)
    counter.open()
    counter.choose("lambda")
    counter.page.keyboard.press("ArrowRight")
    counter.is_at(8)
    expect(counter.radio("lambda")).to_be_checked()


@pytest.mark.long
def test_a_button_held_down_repeats_until_it_is_let_go(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(7)
    counter.open().button("Next").hover()
    counter.page.mouse.down()
    counter.gets_to(12)
    counter.page.mouse.up()
    expect(counter.page.locator("#moved")).to_have_text(re.compile("Moved here"))
    counter.page.wait_for_load_state("networkidle")
    rested = stack.index()
    counter.press("Next")  # a single press is again a single step
    counter.is_at(rested + 1)


@pytest.mark.long
def test_a_key_held_down_ends_when_it_is_let_go(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(7)
    counter.open()
    for _ in range(100):  # each after the first is a repeat
        counter.page.keyboard.down("ArrowRight")
    waiting = counter.page.evaluate("parseInt(document.getElementById('moved').textContent) || 0")
    counter.page.keyboard.up("ArrowRight")
    assert waiting <= 2
    counter.gets_to(8)
