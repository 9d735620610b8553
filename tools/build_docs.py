"""Build the documents into one static site: `make docs`.

The site is `.local/docs`. It loads nothing from another host: Mermaid, which draws the diagrams in
the browser, is copied into it, and so is every file of the repository that a page links to.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from local_stack.npm_package import NpmPackage

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / ".local/docs"

# The theme asks for this major version, and takes this copy because it is loaded before.
MERMAID = NpmPackage(
    name="mermaid",
    version="12.3.0",
    sha512=(
        "4113TdXeLAsMruJ79OpFL5O8+LTFXhQqZ260rF3tgUmiNAtRm4Uume04I+65PRN6yZ69J4f8rVYWW8zRk65UYw=="
    ),
    size="26 MB",
    part="dist",
)

# Lets the search work when the pages are opened as files.
IFRAME_WORKER = NpmPackage(
    name="iframe-worker",
    version="1.0.4",
    sha512=(
        "roeaaI+Lg1LJNfgpCjoRe/+WzEjy9+Z08LoEvu85MCPbBjwm+qXz8Ag5U05lHa6V1CysZyGzE0SOkAtSUA5q7Q=="
    ),
    size="12 kB",
    part="shim",
)
_IFRAME_WORKER_ELSEWHERE = "https://unpkg.com/iframe-worker/shim"

_LINK_OUT_OF_DOCS = re.compile(r"(?<=\]\()\.\./([^)#\s]+)")
_COLOR = re.compile(r"\x1b\[[\d;]*m")
_PICTURES = {".svg", ".png"}


class CannotBuild(Exception):
    """A page has a warning, or Mermaid cannot be fetched; the text says which."""


def build(site: Path = SITE) -> None:
    """Build the site.

    Args:
        site: The folder of the site, which is replaced.

    Raises:
        CannotBuild: A page has a warning.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copy(ROOT / "zensical.toml", copy)
        shutil.copytree(ROOT / "docs", copy / "docs")
        for page in (copy / "docs").glob("*.md"):
            page.write_text(_LINK_OUT_OF_DOCS.sub(partial(_copy_linked, copy), page.read_text()))
        shutil.copy(MERMAID.fetch("mermaid") / "mermaid.min.js", copy / "docs")
        shim = IFRAME_WORKER.fetch("iframe-worker") / "index.js"
        shutil.copy(shim, copy / "docs/iframe-worker.js")
        _render(copy)
        built = copy / SITE.relative_to(ROOT)
        for page in built.glob("*.html"):
            page.write_text(page.read_text().replace(_IFRAME_WORKER_ELSEWHERE, "iframe-worker.js"))
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(built, site)


def _render(folder: Path) -> None:
    rendered = subprocess.run(
        [Path(sys.executable).with_name("zensical"), "build", "--strict"],
        cwd=folder,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if rendered.returncode:
        warnings = _COLOR.sub("", rendered.stdout.partition("Traceback")[0])
        raise CannotBuild(warnings.strip())


def _copy_linked(folder: Path, link: re.Match[str]) -> str:
    """Copy a file of the repository beside the pages, and return the link to the copy.

    A text is copied as plain text, which every browser shows.
    """
    file = ROOT / link[1]
    if not file.is_file():
        raise CannotBuild(f"a page links to {link[1]}, which is no file")
    link_to_copy = f"source/{link[1]}" + ("" if file.suffix in _PICTURES else ".txt")
    copy = folder / "docs" / link_to_copy
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, copy)
    return link_to_copy


if __name__ == "__main__":
    try:
        build()
    except (CannotBuild, OSError, RuntimeError) as error:
        sys.exit(f"fib: the documents were not built: {error}")
    print(SITE / "index.html")
