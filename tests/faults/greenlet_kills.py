"""Runs of a counter under gevent in which greenlets are killed at random yields.

    python -m tests.faults.greenlet_kills [--seconds 10] [--seed N] [--runs M]

Gunicorn's gevent worker serves each connection in a greenlet, and such a greenlet can be killed
wherever it yields to others. In each run many client greenlets ask two counters about one item in
memory, behind a network that loses, repeats and delays writes. A seed draws everything: which
greenlets are killed, at which of their yields, and what becomes of every write. In some runs the
counters' own workers are killed too. Afterwards every answer is checked.
"""

# The core imports boto3, which may only be imported after this.
from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from collections import Counter  # noqa: E402
from random import Random  # noqa: E402

import gevent  # noqa: E402
from fibcore.counter.batching import BatchingCounter  # noqa: E402

from tests.faults.greenlet_run import LONG_DEADLINE_SECONDS, BrokenPromise, Run  # noqa: E402
from tests.unit.table_in_memory import Fate, TableInMemory  # noqa: E402

CROWD = 4_000


def check_crowd() -> None:
    """Let many clients ask at once.

    Raises:
        BrokenPromise: Not all of them were served.
    """
    table = TableInMemory(0, lambda: Fate.ANSWERED)
    counter = BatchingCounter(table, max_index=CROWD, deadline_seconds=LONG_DEADLINE_SECONDS)
    clients = [gevent.spawn(counter.next) for _ in range(CROWD)]
    gevent.joinall(clients)
    if {client.value for client in clients} != set(range(1, CROWD + 1)):
        raise BrokenPromise(f"{CROWD} clients at once were not all served")


def main() -> None:
    """Run one seed after another for as long as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=Random().randrange(10**6))
    parser.add_argument("--runs", type=int, default=10**9, help="at most so many, from the seed on")
    arguments = parser.parse_args()
    threading.excepthook = _ignore_kills
    counts: Counter[str] = Counter()
    begin = time.monotonic()
    runs = 0
    while runs < arguments.runs and time.monotonic() < begin + arguments.seconds:
        run = Run(arguments.seed + runs)
        try:
            if not runs:
                check_crowd()
            run.play()
        except BrokenPromise as broken:
            took = time.monotonic() - begin
            sys.exit(f"seed {arguments.seed + runs}, found after {took:.1f} s: {broken}")
        counts += run.counts
        runs += 1
    told = ", ".join(f"{name} {times:,}" for name, times in sorted(counts.items()))
    print(f"seeds {arguments.seed} to {arguments.seed + runs - 1} hold: {told}")


def _ignore_kills(failed: threading.ExceptHookArgs) -> None:
    if not issubclass(failed.exc_type, gevent.GreenletExit):
        threading.__excepthook__(failed)


if __name__ == "__main__":
    main()
