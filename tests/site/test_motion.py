"""Motion stays readable: nothing fades at speed."""

from playwright.sync_api import expect

from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage

_WATCH = """() => {
  window.seen = [];
  const labels = document.querySelector("#spiral .labels");
  const look = () => {
    const shown = [document.getElementById("value"), document.querySelector("#spiral .labels")];
    window.seen.push(...shown.map(one => Number(getComputedStyle(one).opacity)));
    window.watching = requestAnimationFrame(look);
  };
  look();
}"""


def test_nothing_fades_at_sixteen_steps_a_second(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(40)
    counter.open()
    counter.page.get_by_role("slider", name="Speed").fill("5")
    counter.press("Play")
    counter.gets_to(45)
    counter.page.evaluate(_WATCH)
    counter.gets_to(60)
    seen = counter.page.evaluate("cancelAnimationFrame(window.watching), window.seen")
    assert len(seen) > 20
    assert set(seen) == {1}
    counter.press("Pause")
    expect(counter.button("Play")).to_be_visible()
