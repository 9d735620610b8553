"""The documents in the repository, and what is in them."""

import re
from pathlib import Path

from tests.checkout_files import checkout_files

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "docs"

_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


FILES = [ROOT / file for file in checkout_files()]
"""Every file of the repository."""

DOCUMENTS = [file for file in FILES if file.suffix == ".md"]


def name(document: Path) -> str:
    """Return a document's path in the repository."""
    return document.relative_to(ROOT).as_posix()


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub and the site make them."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", document.read_text()), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def prose(document: Path) -> str:
    """Return a document's text without its fenced blocks."""
    return _FENCED.sub("", document.read_text())
