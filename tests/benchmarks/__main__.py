"""`make bench`: one table per question, as ratios taken in one run.

The server is pinned to one core; wrk and DynamoDB Local share the other. `QUESTIONS` names those
to ask, `ROUNDS` how often (5), `SECONDS` how long each run takes (4).
"""

import os
import shutil
import sys
from pathlib import Path

from local_stack.environment import CREDENTIALS

from tests.benchmarks.plot import bars
from tests.benchmarks.questions import QUESTIONS

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Ask the questions, print each table and keep it in `results/`."""
    if not shutil.which("wrk"):
        sys.exit("fib: the bench needs wrk: apt-get install wrk")
    if len(os.sched_getaffinity(0)) == 1:
        sys.exit("fib: the bench needs two cores, one for the server and one for the load")
    os.environ.update(CREDENTIALS)
    RESULTS.mkdir(exist_ok=True)
    for name in os.environ.get("QUESTIONS", " ".join(QUESTIONS)).split():
        question = QUESTIONS[name]
        table = f"{question.__doc__}\n\n{question()}"
        (RESULTS / f"{name}.md").write_text(table)
        if name == "steps":
            (RESULTS / f"{name}.svg").write_text(bars(table))
        sys.stdout.write(f"\n{table}\n")


if __name__ == "__main__":
    main()
