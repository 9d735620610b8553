"""The files of a checkout: those that git lists, also for a zip download, which has no git."""

import os
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[1]


def checkout_files(root: Path = ROOT) -> list[str]:
    """Return the files that .gitignore does not leave out, by their paths in the checkout."""
    lines = (root / ".gitignore").read_text().splitlines()
    ignored = [".git", *(line.rstrip("/") for line in lines if line and not line.startswith("#"))]
    found = []
    for folder, folders, names in os.walk(root):
        for entries in (folders, names):
            entries[:] = [
                entry for entry in entries if not any(fnmatch(entry, each) for each in ignored)
            ]
        found += [str((Path(folder) / name).relative_to(root)) for name in names]
    return sorted(found)
