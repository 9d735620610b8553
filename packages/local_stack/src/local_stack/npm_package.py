"""One package from npm, without what it depends on: fetched once, its hash checked, and kept."""

import base64
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple


class NpmPackage(NamedTuple):
    """A package at a version that never changes.

    Attributes:
        name: Its name in the registry.
        version: Its exact version.
        sha512: The hash of its tarball in base64, as the registry gives it.
        size: What a person who waits for it wants to know, in words.
        part: The folder of the package that is kept.
    """

    name: str
    version: str
    sha512: str
    size: str
    part: str = "."

    def fetch(self, cache_name: str) -> Path:
        """Return the folder with the package, fetching it where it is not cached yet.

        Args:
            cache_name: The folder's name in the cache, which is outside the checkout.

        Raises:
            RuntimeError: The tarball is not the one expected.
            subprocess.CalledProcessError: npm could not fetch it.
        """
        root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        cache = Path(root) / "fib" / f"{cache_name}-{self.version}"
        if cache.exists():
            return cache
        cache.parent.mkdir(parents=True, exist_ok=True)
        print(f"fetching {cache_name} ({self.size}, once) …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(dir=cache.parent) as folder:
            tarball = self._packed(Path(folder))
            digest = hashlib.sha512(tarball.read_bytes()).digest()
            if base64.b64encode(digest).decode() != self.sha512:
                raise RuntimeError(
                    f"{tarball.name} from npm is not the expected one; nothing was kept"
                )
            with tarfile.open(tarball) as archive:
                archive.extractall(folder, filter="data")
            try:
                # One rename, so that the folder is there whole or not at all.
                (Path(folder) / "package" / self.part).rename(cache)
            except OSError:
                if not cache.exists():  # else another process was first
                    raise
        return cache

    def _packed(self, folder: Path) -> Path:
        npm = Path(sys.executable).with_name("npm")
        subprocess.run(
            [npm, "pack", "--silent", f"{self.name}@{self.version}"],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"PATH": f"{npm.parent}{os.pathsep}{os.environ['PATH']}"},
        )
        return next(folder.glob("*.tgz"))
