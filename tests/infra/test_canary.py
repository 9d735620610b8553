"""The canary's code, against a server of our own."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from infra.monitoring.canary_handler import URLS_VARIABLE, handler
from tests.infra.handler_server import serving


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    with serving(Site) as port:
        yield f"http://127.0.0.1:{port}"


def test_canary_is_silent_if_all_answer(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URLS_VARIABLE, f"{site}/health {site}/health")
    handler({}, None)


def test_canary_names_each_failure(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URLS_VARIABLE, f"{site}/a {site}/health http://127.0.0.1:1/b")
    with pytest.raises(RuntimeError, match=r"/a: .*503.*; .*/b: .*refused"):
        handler({}, None)
