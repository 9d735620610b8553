"""The site is small, loads in few requests, and its policy is kept."""

from pathlib import Path
from urllib.parse import urlsplit

import requests

from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage

_PUBLIC = Path(__file__).parents[2] / "site" / "public"
_LARGEST_SITE_BYTES = 60_000
_LONGEST_FILE_LINES = 250
_MOST_REQUESTS = 10


def test_the_site_is_small_and_every_file_is_read_at_one_sitting() -> None:
    files = list(_PUBLIC.iterdir())
    assert sum(file.stat().st_size for file in files) < _LARGEST_SITE_BYTES
    assert max(len(file.read_text().splitlines()) for file in files) <= _LONGEST_FILE_LINES
    assert {"geometry.js", "api.js", "view.js", "state.js"} <= {file.name for file in files}


def test_a_cold_load_takes_ten_requests_at_most(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(12)
    answers: list[tuple[int, str]] = []
    counter.page.on("response", lambda answer: answers.append((answer.status, answer.url)))
    counter.open()
    assert len(answers) <= _MOST_REQUESTS, answers
    assert {status for status, _ in answers} == {200}


def test_the_first_paint_waits_for_nothing_but_html_css_and_the_modules(
    counter: CounterPage, stack: BackendStack
) -> None:
    """Whatever else is asked comes from a backend, or is the configuration that names them."""
    stack.put(12)
    asked: list[str] = []
    counter.page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    counter.open()
    modules = {f"/{file.name}" for file in _PUBLIC.glob("*.js")}
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
