import subprocess
import sys

import pytest

PROGRAM = """
import re
from pathlib import Path
from fibcore.fibonacci import Fibonacci

fibonacci = Fibonacci()
for index in range(200_001):
    fibonacci.digits(index)
for index in (1_000_000, 0, 1_000_000, 200_000):
    fibonacci.digits(index)
# Not getrusage: its peak counts the parent too, from between fork and exec.
status = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s+([0-9]+) kB", status)[1]) // 1_024)
"""


@pytest.mark.long
def test_memo_stays_under_200_megabytes() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True
    )
    assert int(ended.stdout) < 200
