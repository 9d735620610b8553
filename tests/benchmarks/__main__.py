"""`make bench`: one table for each benchmark, as ratios taken in one run.

The server is pinned to one core; wrk and DynamoDB Local share the other. `BENCH` names the
benchmarks to run, `ROUNDS` how often (5), and `SECONDS` how long each run takes (4).
"""

import os
import shutil
import sys

from local_stack.environment import CREDENTIALS

from tests.benchmarks.bench_settings import chosen
from tests.benchmarks.benchmarks import BENCHMARKS
from tests.benchmarks.plot import bars
from tests.benchmarks.tables import RESULTS


def main() -> None:
    """Run the benchmarks, print each table and keep it in `results/`."""
    names = chosen(BENCHMARKS)
    if not shutil.which("wrk"):
        sys.exit("fib: the bench needs wrk: sudo apt-get install wrk")
    if len(os.sched_getaffinity(0)) == 1:
        sys.exit("fib: the bench needs two cores, one for the server and one for the load")
    os.environ.update(CREDENTIALS)
    RESULTS.mkdir(exist_ok=True)
    for name in names:
        benchmark = BENCHMARKS[name]
        table = f"{benchmark.__doc__}\n\n{benchmark()}"
        (RESULTS / f"{name}.md").write_text(table)
        if name == "steps":
            (RESULTS / f"{name}.svg").write_text(bars(table))
        sys.stdout.write(f"\n{table}\n")


if __name__ == "__main__":
    main()
