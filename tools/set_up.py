"""Set up `.venv` with what a make target needs: `python3 -I tools/set_up.py --for GROUP`.

It runs under the system's Python, before any package is there, and does nothing if `.venv` has all
of it already. A `.venv` counts only when its record was written, which happens last: one that was
left half-made is made anew. Two set-ups at once wait for each other.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
RECORD = VENV / "set-up.json"
BIN = VENV / "bin"
OLDEST_PYTHON = (3, 11)

GROUPS = {
    "run": ("what running needs", "110 MB"),
    "load": ("the load tests", "20 MB"),
    "deploy": ("what deploying needs", "170 MB"),
    "dev": ("what the tests need", "320 MB"),
}
"""What each group of packages is for, and how much it downloads at most."""

# These say from where packages come and how to get there, which is the user's to decide. Every
# other variable of these tools says what is installed and where to, which is ours.
KEPT = {
    "PIP_": "INDEX_URL EXTRA_INDEX_URL NO_INDEX FIND_LINKS TRUSTED_HOST PROXY CERT CLIENT_CERT "
    "TIMEOUT DEFAULT_TIMEOUT RETRIES CACHE_DIR CONFIG_FILE KEYRING_PROVIDER USE_FEATURE",
    "UV_": "INDEX INDEX_URL DEFAULT_INDEX EXTRA_INDEX_URL NO_INDEX FIND_LINKS INDEX_STRATEGY "
    "INSECURE_HOST NATIVE_TLS SYSTEM_CERTS HTTP_TIMEOUT HTTP_CONNECT_TIMEOUT HTTP_RETRIES "
    "REQUEST_TIMEOUT CACHE_DIR CONFIG_FILE KEYRING_PROVIDER OFFLINE CONCURRENT_DOWNLOADS "
    "CREDENTIALS_DIR LINK_MODE",
    "NPM_CONFIG_": "REGISTRY PROXY HTTPS_PROXY HTTP_PROXY NOPROXY CAFILE CA STRICT_SSL CERT KEY "
    "USERCONFIG GLOBALCONFIG CACHE OFFLINE PREFER_OFFLINE FETCH_RETRIES FETCH_TIMEOUT",
    "PYTHON": "UNBUFFERED PYCACHEPREFIX",
    "NODE_": "EXTRA_CA_CERTS USE_SYSTEM_CA TLS_REJECT_UNAUTHORIZED",
    "VIRTUAL_ENV": "",
    "CONDA_": "",
    "__PYVENV_LAUNCHER__": "",
}


class CannotSetUp(Exception):
    """The set-up can't go on; the text says why and what to do, in one line."""


def main() -> None:
    """Set up the groups that the command line names."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--for", dest="group", choices=GROUPS, required=True)
    arguments.add_argument("--python", default=sys.executable, help="what makes the environment")
    chosen = arguments.parse_args()
    # make's shell starts this with SIGINT ignored and sends SIGTERM for Ctrl-C, since a Python that
    # is just starting answers SIGINT with a traceback.
    signal.signal(signal.SIGTERM, stop)
    try:
        set_up(chosen.group, chosen.python)
    except CannotSetUp as fault:
        sys.exit(f"fib: can't set up: {fault}")
    except OSError as error:
        sys.exit(f"fib: can't set up: {error}")
    except KeyboardInterrupt:
        print("\nfib: the set-up was stopped; the next `make` starts it again", file=sys.stderr)
        sys.exit(130)


def stop(*_: object) -> None:
    """Begin to end, once; a second signal does not disturb the end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def set_up(group: str, python: str) -> None:
    """Install a group of packages beside those that are there.

    Raises:
        CannotSetUp: Something is missing, or an installer failed.
        OSError: The checkout can't be written.
    """
    check_python()
    check_place()
    if is_complete(read_record(), group):
        return
    (ROOT / ".local").mkdir(exist_ok=True)
    with (ROOT / ".local/set-up.lock").open("w") as lock:
        wait_for(lock)
        # Another `make` may have done it meanwhile.
        if not is_complete(read_record(), group):
            install(group, python)


def check_python() -> None:
    """Refuse a Python that is too old."""
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        raise CannotSetUp(
            f"Python {wanted} or newer is needed, and this is {sys.version.split()[0]}; "
            "set PYTHON to a newer one, for instance: make run PYTHON=python3.13"
        )


def check_place() -> None:
    """Refuse the few folders whose names Python's own tools can't hold."""
    try:
        str(ROOT).encode()
    except UnicodeEncodeError:
        raise CannotSetUp(
            "the checkout's path is not valid UTF-8; move it to another folder"
        ) from None
    # A .pth file has one path a line; PATH is split at colons.
    for character, name in (("\n", "a line break"), ("\r", "a line break"), (":", "a colon")):
        if character in str(ROOT):
            raise CannotSetUp(f"the checkout's path has {name}; move it to another folder")


def wait_for(lock: Any) -> None:
    """Take the lock; say so if another set-up has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("waiting for another `make` that sets up .venv …", file=sys.stderr, flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def read_record() -> dict[str, Any]:
    """Return what the last complete set-up recorded, empty if there was none here."""
    try:
        record: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    # A copied or moved checkout, or a Python that is gone, leaves paths that lead elsewhere.
    usable = record.get("venv") == str(VENV) and os.access(BIN / "python", os.X_OK)
    return record if usable else {}


def is_complete(record: dict[str, Any], group: str) -> bool:
    """Tell whether the environment has the group, as locked now."""
    return record.get("packages") == fingerprint() and group in record.get("groups", ())


def fingerprint() -> str:
    """Return a hash of everything that decides which packages are installed."""
    digest = hashlib.sha256()
    members = [ROOT, *sorted(ROOT.glob("packages/*")), ROOT / "infra"]
    for path in [ROOT / "uv.lock", *(member / "pyproject.toml" for member in members)]:
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def install(group: str, python: str) -> None:
    """Make the environment if there is none, and install the group into it."""
    record = read_record()
    environment = clean_environment()
    # Developing needs all that the other groups have.
    groups = sorted(GROUPS if group == "dev" else {*record.get("groups", ["run"]), group})
    if record:
        RECORD.unlink()
    else:
        make_venv(python, environment)
    purpose, size = GROUPS[group]
    print(f"installing {purpose} (up to {size} to download, once) …", file=sys.stderr, flush=True)
    try:
        sync(groups, environment)
    except CannotSetUp:
        # Without a network, what was there before is still whole: uv downloads, then installs.
        if record and not quietly(sync_command(record["groups"], "--offline"), environment).failed:
            write_record(record)
        raise
    fetch_dynamodb_local(environment)
    write_record({"venv": str(VENV), "packages": fingerprint(), "groups": groups})


def write_record(record: dict[str, Any]) -> None:
    """Write the record, whole or not at all."""
    new = RECORD.with_suffix(".new")
    new.write_text(json.dumps(record), encoding="utf-8")
    new.replace(RECORD)


def make_venv(python: str, environment: dict[str, str]) -> None:
    """Make an empty environment in place of a half-made one, with the locked uv in it."""
    print("making .venv …", file=sys.stderr, flush=True)
    python = outside_venv(python)
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    shutil.rmtree(VENV, ignore_errors=True)
    missing = quietly([python, "-I", "-c", "import ensurepip, venv"], environment)
    made = missing if missing.failed else quietly([python, "-m", "venv", str(VENV)], environment)
    if made.failed:
        if "ensurepip" in made.output or "No module named" in made.output:
            package = f"python3.{sys.version_info[1]}-venv"
            raise CannotSetUp(
                f"this Python lacks ensurepip or venv; on Debian and Ubuntu: "
                f"sudo apt-get install python3-venv (or {package})"
            )
        raise CannotSetUp(f"{python} can't make .venv: {made.last_line}")
    fetch_uv(environment)


def outside_venv(python: str) -> str:
    """Return the interpreter that a command leads to, past an environment that is made anew."""
    found = shutil.which(python) or python
    return os.path.realpath(found) if Path(found).absolute().is_relative_to(VENV) else found


def fetch_uv(environment: dict[str, str]) -> None:
    """Download the locked uv from the user's index, and install that one file."""
    print("fetching uv (20 MB) …", file=sys.stderr, flush=True)
    pip = [str(BIN / "python"), "-m", "pip"]
    with tempfile.TemporaryDirectory() as folder:  # pip takes no path with a quote for a wheel
        wanted = f"uv=={locked_version('uv')}"
        download = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder]
        downloaded = quietly([*pip, *download, wanted], environment)
        wheel = next(Path(folder).glob("*.whl"), None)
        if not wheel:
            raise CannotSetUp(
                f"pip can't download {wanted}: {downloaded.last_line}; check the network, and "
                "pip's index, proxy and certificate settings"
            )
        # The user's settings have had their say; where it goes to is ours.
        installation = ["install", "--isolated", "--quiet", "--no-deps", "--no-index", str(wheel)]
        installed = quietly([*pip, *installation], {**environment, "PIP_CONFIG_FILE": os.devnull})
        if installed.failed:
            raise CannotSetUp(f"pip can't install {wanted}: {installed.last_line}")


def locked_version(package: str) -> str:
    """Return the version of a package in uv.lock."""
    lines = iter((ROOT / "uv.lock").read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line == f'name = "{package}"':
            return next(lines).split('"')[1]
    raise CannotSetUp(f"uv.lock lacks {package}")


def sync_command(groups: list[str], *options: str) -> list[str]:
    """Return the command that installs exactly these groups."""
    command = [str(BIN / "uv"), "sync", "--locked", "--no-default-groups", "--no-progress"]
    for group in groups:
        command += [] if group == "run" else ["--group", group]
    return [*command, *options]


def sync(groups: list[str], environment: dict[str, str]) -> None:
    """Install the groups, and pass on the lines of uv that name a download and its size."""
    lines = []
    with started(sync_command(groups), environment) as process:
        for line in process.stdout or ():
            lines.append(line.strip())
            if line.startswith("Downloading "):
                print(f"  {line.rstrip()}", file=sys.stderr, flush=True)
    if process.returncode:
        raise CannotSetUp(f"uv can't install the packages: {reason(lines)}")


_ERRORS = ("error:", "Caused by:")


def reason(lines: list[str]) -> str:
    """Return uv's error and its last cause in one line."""
    plain = [line.lstrip("\N{MULTIPLICATION SIGN}├╰│─▶ ") for line in lines]
    told = [
        new for new, old in zip(plain, lines, strict=True) if new != old or new.startswith(_ERRORS)
    ]
    return "; ".join(dict.fromkeys([*told[:1], *(told or plain)[-1:]])) or "it said nothing"


def fetch_dynamodb_local(environment: dict[str, str]) -> None:
    """Fetch DynamoDB Local into the cache outside the checkout."""
    lines = []
    with started([str(BIN / "python"), "-m", "local_stack.dynamodb_local"], environment) as process:
        for line in process.stdout or ():
            lines.append(line.strip().replace("fib: ", ""))
            if line.startswith("fetching "):
                print(line.rstrip(), file=sys.stderr, flush=True)
    if process.returncode:
        raise CannotSetUp(lines[-1] if lines else "DynamoDB Local can't be fetched")


@contextmanager
def started(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a command to its end, its errors in its output; end it and its children if we end."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        yield process
        process.wait()
    except BaseException:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


class Ended(NamedTuple):
    """A command that has ended, and what it said."""

    failed: bool
    output: str

    @property
    def last_line(self) -> str:
        """Return pip's error, or else the last line that says something."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        errors = [line.replace("ERROR: ", "") for line in lines if line.startswith("ERROR:")]
        return (errors[:1] or lines[-1:] or ["it said nothing"])[0]


def quietly(command: list[str], environment: dict[str, str]) -> Ended:
    """Run a command whose output matters only if it fails."""
    try:
        with started(command, environment) as process:
            output = process.stdout.read() if process.stdout else ""
    except OSError as error:
        return Ended(failed=True, output=str(error))
    return Ended(failed=process.returncode != 0, output=output)


def clean_environment() -> dict[str, str]:
    """Return the environment without what would change what is installed, or where to."""
    kept = {name: value for name, value in os.environ.items() if is_the_users(name.upper())}
    return {
        "PIP_RETRIES": "2",
        "UV_HTTP_RETRIES": "2",
        **kept,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PYTHONUTF8": "1",
        "LC_ALL": "C.UTF-8",
        "UV_PROJECT_ENVIRONMENT": str(VENV),
        "UV_PYTHON": str(BIN / "python"),
        "UV_PYTHON_DOWNLOADS": "never",
    }


def is_the_users(name: str) -> bool:
    """Tell whether a variable is left as the user has set it."""
    if name.startswith("UV_INDEX_"):  # the credentials of an index carry its name
        return True
    for prefix, kept in KEPT.items():
        if name.startswith(prefix):
            return name[len(prefix) :] in kept.split()
    return True


if __name__ == "__main__":
    main()
