"""The page as a person uses it."""

from playwright.sync_api import Locator, Page, expect

from tests.processes import eventually

# F(100 000) has some 20,000 digits; a backend that wakes up takes a while.
_LONGEST_WAIT_MS = 20_000


_KEEP_WHAT_IS_SENT = """{
  const { fetch } = window;
  Object.assign(window, { sent: { GET: [], POST: [] }, answered: Promise.resolve() });
  window.fetch = (url, request) => {
    window.sent[request?.method ?? "GET"].push(performance.now());
    const answer = fetch(url, request);
    // The page may abort a read before its answer is whole.
    window.answered = answer.then(got => got.clone().text()).catch(() => "");
    return answer;
  };
}"""

_HOLD_MOTION = """() => {
  if (window.heldAt) return;
  const { animate } = Element.prototype;
  Object.assign(window, { heldAt: performance.now() });
  Element.prototype.animate = function (...motion) {
    const animation = animate.apply(this, motion);
    animation.pause();
    window.heldAt = performance.now();
    return animation;
  };
}"""


class CounterPage:
    """What is on the page, by the names that it gives to a person."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def open(self, path: str = "") -> "CounterPage":
        """Open the page and wait until it shows the counter."""
        self.page.goto(self.url + path)
        expect(self.page.locator("#digits")).to_contain_text("digit", timeout=_LONGEST_WAIT_MS)
        return self

    def open_with_its_clock_stopped(self) -> "CounterPage":
        """Open the page; from then on its time passes only by `let_pass`."""
        self.page.add_init_script(_KEEP_WHAT_IS_SENT)
        self.page.clock.install()
        self.open()
        self.page.clock.pause_at(self.page.evaluate("Date.now() + 100"))
        # Its performance.now() has jumped, so the page is told anew that somebody is there.
        self.page.evaluate("dispatchEvent(new Event('focus'))")
        self.let_pass(100)
        return self

    def let_pass(self, milliseconds: int) -> None:
        """Let the page's clock run on; it stands still while an answer is on its way."""
        self.page.clock.run_for(milliseconds)
        self.page.evaluate("window.answered")

    def hold_motion(self) -> None:
        """Let each motion from now on stand still at its beginning, so that it can be looked at."""
        self.page.evaluate(_HOLD_MOTION)

    def sent(self, method: str) -> list[float]:
        """Return when it sent its requests with this method, in milliseconds of its clock."""
        times: list[float] = self.page.evaluate("method => window.sent[method]", method)
        return times

    def read_now(self) -> None:
        """Let it read the counter at once, as it does when a network is back."""
        self.page.evaluate("dispatchEvent(new Event('online'))")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    def press(self, *names: str) -> None:
        for name in names:
            self.button(name).click()

    def choose(self, backend: str) -> None:
        """Choose a backend by its name in `config.json`."""
        self.page.locator(f"[data-backend={backend}] label").click()

    def radio(self, name: str) -> Locator:
        """Return the radio button of a backend, by its name in `config.json`."""
        return self.page.locator(f"[data-backend={name}] input")

    def is_at(self, index: int, *, seconds: float = 10) -> None:
        """Wait until the page shows this index, in its text and its title."""
        shown = f"{index:,}".replace(",", " ")
        locator = self.page.locator("#position")
        expect(locator).to_have_text(f"F({shown})", timeout=seconds * 1000)
        expect(self.page).to_have_title(f"F({shown}) · Fibonacci")

    def gets_to(self, index: int) -> None:
        """Wait until the page shows this index or a later one."""
        eventually(lambda: self.index >= index, seconds=10)

    def says(self, text: str, *, seconds: float = 10) -> None:
        """Wait until the alert says this."""
        expect(self.page.get_by_role("alert")).to_contain_text(text, timeout=seconds * 1000)

    def says_nothing(self, *, seconds: float = 15) -> None:
        expect(self.page.get_by_role("alert")).to_be_empty(timeout=seconds * 1000)

    @property
    def index(self) -> int:
        """The index that it shows."""
        return int(_digits(self.page.locator("#index").inner_text()))

    @property
    def digits(self) -> str:
        """The digits of the number that it shows, without the words in between."""
        parts = self.page.locator("#value").inner_text().splitlines()
        return _digits("".join(part for part in parts if "more" not in part))


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
