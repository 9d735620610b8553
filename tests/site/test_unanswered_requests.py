"""A backend takes requests and answers none: the page stays usable and says what it knows."""

import pytest
from playwright.sync_api import Request, expect

from tests.processes import eventually
from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage

_BOXES = """() => ["value", "previous", "next", "spiral", "copy"].map(name => {
  const { x, y, width, height } = document.getElementById(name).getBoundingClientRect();
  return [x, y, width, height].map(Math.round);
})"""


def steps_by_address(counter: CounterPage) -> list[str]:
    """Return a list that fills with the address of each step that the page sends."""
    steps: list[str] = []

    def keep(request: Request) -> None:
        if request.method == "POST":
            steps.append(request.url)

    counter.page.on("request", keep)
    return steps


def test_other_backend_works_while_one_hangs(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(5)
    counter.open()
    steps = steps_by_address(counter)
    server, function = (f"{stack.backend_url(name)}/next" for name in ("server", "lambda"))
    with stack.frozen_server():
        counter.press("Next", "Next", "Next")
        counter.choose("lambda")
        counter.press("Next")
        counter.is_at(6, seconds=5)
        assert steps == [server, function]
        counter.says("The server has not answered")
        counter.says("may have been counted")
        # Reads go on as well.
        stack.put(20)
        counter.is_at(20, seconds=5)
    # The presses that waited for the server are kept, and each is sent once.
    eventually(lambda: stack.index() == 23, seconds=10)
    counter.is_at(23)
    assert sorted(steps) == sorted([server] * 3 + [function])
    counter.says_nothing()


def test_unanswered_step_is_told_and_never_repeated(
    counter: CounterPage, stack: BackendStack
) -> None:
    stack.put(5)
    counter.open_with_its_clock_stopped()
    steps = steps_by_address(counter)
    with stack.frozen_server():
        counter.press("Next", "Next", "Next")
        counter.choose("lambda")
        counter.press("Next")
        for _ in range(2):  # the answer comes after the first, and is shown after the second
            counter.let_pass(100)
        counter.is_at(6)
        counter.page.clock.run_for(31_000)
        counter.says("The server did not answer a step. It may have been counted.")
        counter.says("2 later presses were not sent.")
        said = counter.page.get_by_role("alert").inner_text()
        assert "answers again" not in said
    assert len(steps) == 2


@pytest.mark.long
def test_late_answer_never_covers_a_newer_index(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(5)
    counter.open()
    with stack.frozen_server():
        counter.press("Next")
        counter.choose("lambda")
        counter.press(*["Next"] * 4)
        counter.is_at(9, seconds=5)
        counter.page.evaluate(
            """() => {
              window.shown = [];
              const index = document.getElementById("index");
              new MutationObserver(() => window.shown.push(index.textContent))
                .observe(index, { childList: true, characterData: true, subtree: true });
            }"""
        )
    counter.is_at(10)
    assert counter.page.evaluate("window.shown") == ["(10)"]


def test_waiting_press_is_shown_without_a_jump(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(94)
    counter.open()
    at_rest = counter.page.evaluate(_BOXES)
    with stack.frozen_server():
        counter.press("Next")
        for name in ("next", "value"):
            expect(counter.page.locator(f"#{name}")).to_have_attribute("aria-busy", "true")
        assert counter.page.evaluate(_BOXES) == at_rest
        counter.says("The server has not answered yet", seconds=8)
        assert counter.page.evaluate(_BOXES) == at_rest
    counter.is_at(95)
    for name in ("next", "value"):
        expect(counter.page.locator(f"#{name}")).to_have_attribute("aria-busy", "false")
    counter.says_nothing()


def test_quick_press_is_never_shown_as_waiting(counter: CounterPage, stack: BackendStack) -> None:
    """A press that is answered within 300 ms would only flicker."""
    stack.put(5)
    counter.open_with_its_clock_stopped()
    counter.press("Next")
    counter.page.clock.run_for(290)
    expect(counter.button("Next")).not_to_have_attribute("aria-busy", "true")


def test_first_load_says_what_it_waits_for(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(5)
    with stack.frozen_server():
        counter.page.clock.install()
        counter.page.goto(stack.url)
        expect(counter.page.locator("#value")).to_contain_text("Loading")
        expect(counter.page.locator("#spiral")).to_be_visible()
        expect(counter.radio("server")).to_be_visible()
        counter.page.clock.run_for(4_000)
        counter.says("Waiting for the server to answer")
    counter.is_at(5)
    counter.says_nothing()
