"""Build the documents into one static site: `make docs`.

The site is `.local/docs`. It loads nothing from another host: Mermaid, which draws the diagrams in
the browser, is copied into it, and so is every file of the repository that a page links to.
"""

import re
import shutil
import subprocess
import sys
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

_LINK_TO_REPOSITORY = re.compile(r'(?<=(?:href="|.src="))\.\./([^"#]+)')


def build() -> None:
    """Build the site.

    Raises:
        subprocess.CalledProcessError: A page has a warning, which has been printed.
        OSError: Mermaid cannot be fetched or copied.
    """
    shutil.rmtree(SITE, ignore_errors=True)
    zensical = Path(sys.executable).with_name("zensical")
    built = subprocess.run(
        [zensical, "build", "--strict", "--clean"],
        cwd=ROOT,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if built.returncode:
        print(built.stdout, file=sys.stderr)
        built.check_returncode()
    mermaid = MERMAID.fetch("mermaid") / "mermaid.min.js"
    shutil.copy(mermaid, SITE / "assets/javascripts")
    for page in SITE.glob("*.html"):
        page.write_text(_LINK_TO_REPOSITORY.sub(_copy_source, page.read_text()))


def _copy_source(link: re.Match[str]) -> str:
    """Copy a file of the repository into the site as plain text, and return the link to it."""
    source = ROOT / link[1]
    if not source.is_file():
        return link[0]  # The test of the links reports it.
    keeps_type = source.suffix in {".svg", ".png"}
    copy = SITE / "source" / (link[1] if keeps_type else f"{link[1]}.txt")
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, copy)
    return copy.relative_to(SITE).as_posix()


if __name__ == "__main__":
    try:
        build()
    except (subprocess.CalledProcessError, OSError, RuntimeError) as error:
        sys.exit(f"fib: the documents were not built: {error}")
    print(f"{SITE / 'index.html'}")
