"""`make image` on a machine that has nothing to build with."""

import subprocess
import sys
from pathlib import Path


def test_without_an_engine_one_line_says_what_to_install(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "local_stack.container_engine"],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode != 0
    (line,) = ended.stderr.splitlines()
    assert "start Docker or Finch, or install podman or buildah" in line
