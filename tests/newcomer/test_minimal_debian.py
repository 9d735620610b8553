"""A minimal Debian with Python and make suffices, as the README says, for a user who is not root.

The Debian comes from its mirror, with `python3`, `python3-venv`, `make` and `ca-certificates`. The
test sets up a new checkout with an empty cache, runs it, and runs `make test`. The tests that need
another system tool are skipped there, and named.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import require_tools, skip_or_fail
from tests.local_stack.stack import READY, backend, ports_of_its_own, processes_of
from tests.newcomer.checkout import copy_checkout
from tests.processes import eventually

pytestmark = [pytest.mark.long, pytest.mark.alone, pytest.mark.timeout(1_500)]

SUITE = "bookworm"
PACKAGES = "python3,python3-venv,make,ca-certificates"
USER = 1000
HOME = "home/somebody"
MOST_MEGABYTES = 550
# The machine's own certificates and index settings, which a newcomer's machine would have too.
NETWORK = re.compile(
    r"^(PIP_(INDEX|EXTRA|CERT|DEFAULT_T)|UV_INDEX|SSL_CERT|https?_proxy|NODE_EXTRA)"
)


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with a fresh Debian; the part that comes from the mirror is kept."""
    require_tools("a minimal Debian", "debootstrap")
    if os.geteuid() != 0:
        skip_or_fail("a minimal Debian: debootstrap needs root")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "fib")
    kept = cache / f"debian-{SUITE}.tar"
    root = tmp_path_factory.mktemp("debian")
    if not kept.exists():
        made = root / "made"
        call("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(made))
        shutil.rmtree(made / "var/cache/apt/archives")
        cache.mkdir(parents=True, exist_ok=True)
        call("tar", "-C", str(made), "-cf", f"{kept}.new", ".")
        Path(f"{kept}.new").rename(kept)
        shutil.rmtree(made)
    call("tar", "-C", str(root), "-xf", str(kept))
    for path in ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt"):
        if Path(path).exists():
            shutil.copy(path, root / path[1:])
    (root / HOME).mkdir()
    copy_checkout(root / HOME / "fib")
    for folder, folders, names in os.walk(root / HOME):
        for name in (".", *folders, *names):
            os.chown(Path(folder, name), USER, USER)
    return root


def call(*command: str) -> None:
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]


@pytest.fixture
def start(debian: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start `make` there as somebody; it and what it starts end when its standard input closes."""

    def make(*arguments: str, **variables: str) -> subprocess.Popen[str]:
        network = {name: value for name, value in os.environ.items() if NETWORK.match(name)}
        own = {"HOME": f"/{HOME}", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **variables}
        inside = f'cd /{HOME}/fib && exec make "$@"'
        enter = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec "$@"'
        command = ["chroot", f"--userspec={USER}:{USER}", str(debian), "sh", "-c", inside, "sh"]
        return subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", enter, str(debian), *command, *arguments],
            env=network | own | {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    return make


def megabytes(*folders: Path) -> int:
    """Return how much some folders take on the disk, what they share counted once."""
    counted = subprocess.run(
        ["du", "-scm", *folders], check=True, capture_output=True, text=True
    ).stdout
    return int(counted.splitlines()[-1].split()[0])


def test_somebody_runs_and_tests_it(
    debian: Path,
    start: Callable[..., subprocess.Popen[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = debian / HOME
    variables = ports_of_its_own(Path("/", HOME, "data"))
    began = time.monotonic()
    run = start("run", **variables)
    assert run.stdout
    output = ""
    try:
        while READY not in output:
            line = run.stdout.readline()
            assert line, output
            output += line
        ready_seconds = time.monotonic() - began
        assert backend(variables).request("POST", "/next").index() == 1
        size = megabytes(home / "fib/.venv", home / ".cache")
    finally:
        os.killpg(run.pid, signal.SIGTERM)
        run.communicate()
    eventually(lambda: not processes_of(variables))

    began = time.monotonic()
    test = start("test")
    tested = test.communicate()[0]
    with capsys.disabled():
        print(
            f"\nminimal Debian: `make run` answers after {ready_seconds:.0f} s, "
            f"{size} MB in .venv and cache; "
            f"`make test` with its set-up takes {time.monotonic() - began:.0f} s, "
            f"{megabytes(home / 'fib/.venv', home / '.cache')} MB",
            file=sys.stderr,
        )
    assert test.returncode == 0, tested[-10_000:]
    (missing,) = [line for line in tested.splitlines() if line.startswith("To test all of it: ")]
    assert missing.startswith("To test all of it: sudo apt-get install ")
    assert "chromium-headless-shell" in missing.split()
    assert size <= MOST_MEGABYTES
