"""`make clean` removes what can be made again, and keeps the counter."""

from pathlib import Path

from tests.checkout_files import ROOT, checkout_files
from tests.newcomer.checkout import copy_checkout

MADE_AGAIN = [
    ".venv/bin/python",
    ".mypy_cache/x",
    "node_modules/.ready",
    "tests/unit/__pycache__/x.pyc",
    ".local/load/ramp.html",
    ".local/cdk.out/manifest.json",
]
DATA = ".local/dynamodb/shared-local-instance.db"
DOWNLOAD = "fib/dynamodb-local/DynamoDBLocal.jar"


def test_clean_keeps_the_data_and_the_downloads(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    checkout = copy_checkout(tmp_path / "it's a fib", {"XDG_CACHE_HOME": str(cache)})
    for path in [cache / DOWNLOAD, *(checkout.root / name for name in [*MADE_AGAIN, DATA])]:
        path.parent.mkdir(parents=True)
        path.touch()
    assert checkout.make("clean").status == 0
    left = {str(path.relative_to(checkout.root)) for path in checkout.root.rglob("*")}
    files = {name for name in left if (checkout.root / name).is_file()}
    assert files == {*checkout_files(ROOT), DATA}
    assert (cache / DOWNLOAD).exists()
    made = checkout.make("clean", "CACHE=1")
    assert f"removed {cache}/fib" in made.lines
    assert list(cache.iterdir()) == []
