"""The site is small and loads in few requests, and its content security policy is kept."""

from pathlib import Path
from urllib.parse import urlsplit

import requests
from playwright.sync_api import Response

from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage

_PUBLIC = Path(__file__).parents[2] / "site" / "public"
_LARGEST_PAGE_BYTES = 80_000
_LARGEST_UNPACKED_BYTES = 100_000
_LARGEST_PREVIEW_BYTES = 20_000
_LONGEST_FILE_LINES = 250
_MOST_REQUESTS = 24


def test_every_file_is_small() -> None:
    files = list(_PUBLIC.iterdir())
    texts = [file for file in files if file.suffix != ".png"]
    assert max(len(file.read_text().splitlines()) for file in texts) <= _LONGEST_FILE_LINES
    assert {"geometry.js", "api.js", "view.js", "counter.js", "words.js"} <= {f.name for f in files}
    assert (_PUBLIC / "preview.png").stat().st_size < _LARGEST_PREVIEW_BYTES


def test_cold_load_is_small(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(12)
    answers: list[Response] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    counter.page.on("response", keep)
    counter.open()
    for answer in answers:
        answer.finished()
    sizes = [answer.request.sizes()["responseBodySize"] for answer in answers]
    assert sum(sizes) < _LARGEST_PAGE_BYTES
    assert sum(len(answer.body()) for answer in answers) < _LARGEST_UNPACKED_BYTES
    assert len(answers) <= _MOST_REQUESTS, [answer.url for answer in answers]
    assert {answer.status for answer in answers} == {200}


def test_first_paint_waits_for_nothing_but_the_page(
    counter: CounterPage, stack: BackendStack
) -> None:
    """Whatever else is asked comes from a backend, or is the configuration that names them."""
    stack.put(12)
    asked: list[str] = []
    counter.page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    counter.open()
    modules = {f"/{file.name}" for file in _PUBLIC.glob("*.js")} - {"/api_page.js"}
    assert set(asked) == modules | {"/", "/style.css", "/config.json", "/current"}
    assert len(asked) == len(set(asked))


def test_the_policy_allows_no_inline_code_and_no_other_host(stack: BackendStack) -> None:
    policy = requests.get(stack.url, timeout=10).headers["Content-Security-Policy"]
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == rules["style-src"] == ["'self'"]
    backends = {stack.backend_url("server"), stack.backend_url("lambda")}
    assert set(rules["connect-src"]) == {"'self'"} | backends
    assert "unsafe" not in policy
