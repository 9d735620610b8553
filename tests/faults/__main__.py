"""`make test-faults`: rounds under all faults, one scenario after another, for a given time."""

import argparse
import os
import sys
import time
from random import Random

from local_stack.environment import CREDENTIALS

from tests.faults.bugs import BUGS, with_bug
from tests.faults.campaign import Figures, Round, run_round
from tests.faults.client import BrokenPromise
from tests.faults.cluster import dynamodb
from tests.faults.scenarios import SCENARIOS


def main() -> None:
    """Run the rounds that the command line asks for, and tell what happened in them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="how long clients ask in all")
    parser.add_argument("--round-seconds", type=float, default=12, help="how long in one round")
    parser.add_argument("--seed", type=int, default=Random().randrange(10**6))
    parser.add_argument("--bug", choices=list(BUGS), help="put this bug in; it is to be found")
    parser.add_argument("--scenario", help="only the scenarios whose name has this in it")
    arguments = parser.parse_args()
    scenarios = [each for each in SCENARIOS if (arguments.scenario or "") in each.name]
    os.environ.update(CREDENTIALS)
    print(f"seed {arguments.seed}", flush=True)
    figures = Figures()
    asked = 0.0
    with with_bug(arguments.bug) as variables, dynamodb() as database:
        while asked < arguments.seconds:
            scenario = scenarios[figures.rounds % len(scenarios)]
            this = Round(
                scenario=scenario,
                seed=arguments.seed + figures.rounds,
                seconds=arguments.round_seconds,
                variables=variables,
            )
            began = time.monotonic()
            try:
                run_round(database, this, figures)
            except BrokenPromise as broken:
                sys.exit(f"round {figures.rounds}, {scenario.name}, seed {this.seed}: {broken}")
            asked += arguments.round_seconds
            took = time.monotonic() - began
            print(f"{scenario.name}: holds ({took:.0f} s); so far {figures}", flush=True)
    print(f"no promise broken; replay by --seed {arguments.seed}")


if __name__ == "__main__":
    main()
