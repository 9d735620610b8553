"""Build the server's image without a container engine and without a registry.

buildah builds the product's Dockerfile on a plain Debian, which debootstrap makes in place of the
registry's base image. This is for CI. People build the image with `make image`.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from local_stack.container_engine import DOCKERFILE, registry_base, succeeds

_REPOSITORY = Path(__file__).parents[2]
_NAME = "fib-server"
# Apart from the user's own images, whatever storage driver those are kept by.
_STORE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "fib/containers")


class CannotBuild(Exception):
    """A step of the build failed; the text has the end of its output."""


def buildah() -> list[str]:
    """Return the beginning of every buildah command: the program and where it keeps images."""
    path = shutil.which("buildah") or "buildah"
    command = [path, "--root", str(_STORE / "storage"), "--runroot", str(_STORE / "run")]
    # A container whose own root is an overlay can mount no further one; vfs copies instead.
    overlay = [*command, "--storage-driver", "overlay"]
    return overlay if succeeds([*overlay, "info"]) else [*command, "--storage-driver", "vfs"]


def build_without_engine() -> str:
    """Build by buildah, the base too if it is not there yet; return the image's name.

    Raises:
        CannotBuild: A step failed.
    """
    program = buildah()
    suite = registry_base().rpartition("-")[2]
    base = f"localhost/fib-base:{suite}"
    if not succeeds([*program, "inspect", "--type", "image", base]):
        _make_base(program, base, suite)
    name = f"localhost/{_NAME}"
    # The build uses the host's certificates: the index may be behind a proxy with its own.
    # The image format is Docker's, since OCI's has no HEALTHCHECK.
    options = ["--isolation", "chroot", "--layers", "--format", "docker"]
    if Path("/etc/ssl/certs").is_dir():
        options += ["--volume", "/etc/ssl/certs:/etc/ssl/certs:ro"]
    options += ["--build-arg", f"BASE={base}", "--tag", name, "--file", str(DOCKERFILE)]
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
