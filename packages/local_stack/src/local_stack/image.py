"""Build the server's image: `python -m local_stack.image`.

A container engine builds it if one runs. Where none does, buildah builds the same Dockerfile
without one, on a plain Debian by debootstrap in place of the registry's base image.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_REPOSITORY = Path(__file__).parents[4]
_DOCKERFILE = _REPOSITORY / "packages/server_api/Dockerfile"
_NAME = "fib-server"
# Apart from the user's own images, whatever storage driver those are kept by.
_STORE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "fib/containers")
_LONGEST_PULL_SECONDS = 300


class CannotBuild(Exception):
    """Nothing here can build the image; the text says what to install or start."""


def registry_base() -> str:
    """Return the base image that the Dockerfile names."""
    named = re.search(r"^ARG BASE=(\S+)$", _DOCKERFILE.read_text(), re.MULTILINE)
    if not named:
        raise CannotBuild(f"{_DOCKERFILE} names no BASE")
    return named[1]


def find_engine() -> str | None:
    """Return the path of the first container engine that runs, or None."""
    # Podman has no daemon to ask: it serves if it can fetch the base.
    questions = {
        "docker": ["info"],
        "finch": ["info"],
        "podman": ["pull", "--quiet", registry_base()],
    }
    for name, question in questions.items():
        path = shutil.which(name)
        if path and _succeeds([path, *question]):
            return path
    return None


def missing_tools() -> list[str]:
    """Return what buildah's way needs and this machine lacks, as one would install it."""
    return [name for name in ("buildah", "debootstrap") if not shutil.which(name)]


def buildah() -> list[str]:
    """Return the beginning of every buildah command: the program and where it keeps images."""
    path = shutil.which("buildah") or "buildah"
    command = [path, "--root", str(_STORE / "storage"), "--runroot", str(_STORE / "run")]
    # In a container whose own root is an overlay there is none to be had; vfs copies instead.
    overlay = [*command, "--storage-driver", "overlay"]
    return overlay if _succeeds([*overlay, "info"]) else [*command, "--storage-driver", "vfs"]


def build_without_engine() -> str:
    """Build by buildah, the base too if it is not there yet; return the image's name.

    Raises:
        CannotBuild: A tool is missing, the user is not root, or a step failed.
    """
    if missing := missing_tools():
        raise CannotBuild(
            f"no container engine runs; start one or: apt install {' '.join(missing)}"
        )
    if os.geteuid() != 0:
        raise CannotBuild("no container engine runs, and debootstrap wants root")
    program = buildah()
    suite = registry_base().rpartition("-")[2]
    base = f"localhost/fib-base:{suite}"
    if not _succeeds([*program, "inspect", "--type", "image", base]):
        _make_base(program, base, suite)
    name = f"localhost/{_NAME}"
    # The host's certificates are lent to the build: the index may be behind a proxy with its own.
    # The image format is Docker's, since OCI's has no HEALTHCHECK.
    options = ["--isolation", "chroot", "--layers", "--format", "docker"]
    if Path("/etc/ssl/certs").is_dir():
        options += ["--volume", "/etc/ssl/certs:/etc/ssl/certs:ro"]
    options += ["--build-arg", f"BASE={base}", "--tag", name, "--file", str(_DOCKERFILE)]
    _run([*program, "bud", *options, str(_REPOSITORY)])
    return name


def _make_base(program: list[str], base: str, suite: str) -> None:
    print(f"making a Debian {suite} by debootstrap, once; about a minute …", flush=True)
    _STORE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_STORE) as folder:
        root = Path(folder, "root")
        packages = "--include=python3,python3-venv,ca-certificates"
        debootstrap = shutil.which("debootstrap") or "debootstrap"
        _run([debootstrap, "--variant=minbase", packages, suite, str(root)], quiet=True)
        for left in ("var/cache/apt/archives", "var/lib/apt/lists"):
            shutil.rmtree(root / left)
        context = Path(folder, "context")
        context.mkdir()
        tar = shutil.which("tar") or "tar"
        _run([tar, "-C", str(root), "-cf", str(context / "root.tar"), "."])
        Path(context, "Dockerfile").write_text("FROM scratch\nADD root.tar /\n")
        _run([*program, "bud", "--isolation", "chroot", "--tag", base, str(context)], quiet=True)


def _succeeds(command: list[str]) -> bool:
    try:
        ended = subprocess.run(
            command, check=False, capture_output=True, timeout=_LONGEST_PULL_SECONDS
        )
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode == 0


def _run(command: list[str], *, quiet: bool = False) -> None:
    ended = subprocess.run(
        command,
        check=False,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
    )
    if ended.returncode:
        last = "\n".join((ended.stdout or "").splitlines()[-5:])
        raise CannotBuild(f"{Path(command[0]).name} failed, status {ended.returncode} {last}")


def main() -> None:
    """Build the image and say by what it was built, how fast, and its name."""
    started = time.monotonic()
    try:
        if engine := find_engine():
            name = _NAME
            _run([engine, "build", "--tag", name, "--file", str(_DOCKERFILE), str(_REPOSITORY)])
        else:
            name = build_without_engine()
    except CannotBuild as fault:
        sys.exit(f"fib: no image: {fault}")
    built_by = Path(engine).name if engine else f"buildah, kept in {_STORE}"
    print(f"{name}: built in {time.monotonic() - started:.0f} s by {built_by}")


if __name__ == "__main__":
    main()
