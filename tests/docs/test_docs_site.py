"""The site that `make docs` builds: every link leads somewhere, and no other host is needed."""

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import sync_playwright

from tests.conftest import find_chromium
from tests.docs.documents import DOCS, ROOT
from tools.build_docs import build

DIAGRAMS = {
    page.stem: page.read_text().count("```mermaid")
    for page in DOCS.glob("*.md")
    if "```mermaid" in page.read_text()
}


class Page(HTMLParser):
    """What a page links to, what it loads, and its anchors."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors = {""}
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors.add(values.get("id") or "")
        if tag == "a" and values.get("href"):
            self.links.append(values["href"] or "")
        elif values.get("src") or (tag == "link" and values.get("href")):
            self.loads.append(values.get("src") or values.get("href") or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    build(folder)
    return folder


def test_every_page_is_in_the_navigation() -> None:
    listed = re.findall(r'= "([\w-]+\.md)"', (ROOT / "zensical.toml").read_text())
    assert sorted(listed) == sorted(page.name for page in DOCS.glob("*.md"))


def test_links_of_the_site_lead_somewhere(site: Path) -> None:
    pages = {path: Page(path) for path in site.glob("*.html")}
    assert len(pages) > 10
    for path, page in pages.items():
        for link in [*page.links, *page.loads]:
            parts = urlsplit(link)
            if not parts.netloc and path.name != "404.html":
                target = path.parent / unquote(parts.path) if parts.path else path
                target = target / "index.html" if target.is_dir() else target
                assert target.exists(), f"{path.name}: {link}"
                known = pages[target.resolve()].anchors if target.suffix == ".html" else {""}
                assert parts.fragment in known, f"{path.name}: {link}"


def test_no_page_loads_from_another_host(site: Path) -> None:
    loads = {load for path in site.glob("*.html") for load in Page(path).loads}
    assert {load for load in loads if urlsplit(load).netloc} == set()


def pages_of_diagrams(site: Path, faults: list[str]) -> Iterator[str]:
    """Yield a page's name for each drawn diagram; note errors, and requests that leave the site."""
    chromium = find_chromium("drawing the documents' diagrams")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        view = browser.new_page()
        asked: list[str] = []
        view.on("pageerror", lambda error: faults.append(str(error)))
        view.on("requestfailed", lambda request: faults.append(request.url))
        view.on("request", lambda request: asked.append(request.url))
        for page in DIAGRAMS:
            view.goto((site / f"{page}.html").as_uri())
            view.wait_for_function("!document.querySelector('pre.mermaid')")
            for diagram in view.query_selector_all("div.mermaid"):
                box = diagram.bounding_box()
                if box and box["height"] > 100:
                    yield page
        faults += [url for url in asked if not url.startswith("file:")]
        browser.close()


def test_diagrams_are_drawn_without_a_network(site: Path) -> None:
    faults: list[str] = []
    # In a thread, since the browser of other tests runs an event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        drawn = thread.submit(Counter, pages_of_diagrams(site, faults)).result()
    assert faults == []
    assert drawn == DIAGRAMS
