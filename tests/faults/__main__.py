"""`make test-faults`: rounds of the campaign, one scenario after another, for a given time."""

import argparse
import os
import subprocess
import sys
import time
from contextlib import suppress
from random import Random

from local_stack.environment import CREDENTIALS

from tests.faults.bug import GREENLETS, HISTORIES
from tests.faults.bugs import BUGS, with_bug
from tests.faults.campaign import Figures, Round, run_round
from tests.faults.client import BrokenPromise
from tests.faults.cluster import dynamodb
from tests.faults.scenarios import SCENARIOS, Scenario


def main() -> None:
    """Run the rounds that the command line asks for, and print what happened in them."""
    parser = argparse.ArgumentParser("fib", usage=argparse.SUPPRESS, description=__doc__)
    parser.add_argument("--seconds", type=_seconds, default=120, help="how long clients ask in all")
    parser.add_argument("--round-seconds", type=float, default=12, help="how long in one round")
    parser.add_argument("--seed", type=int, default=Random().randrange(10**6))
    parser.add_argument("--bug", choices=list(BUGS), help="put this bug in; it has to be found")
    parser.add_argument("--scenario", help="only scenarios whose name contains this")
    arguments = parser.parse_args()
    scenarios = _scenarios(arguments.scenario, arguments.bug)
    if arguments.scenario and not scenarios:
        names = ", ".join(each.name for each in SCENARIOS)
        parser.error(f"no scenario's name contains '{arguments.scenario}': {names}")
    os.environ.update(CREDENTIALS)
    print(f"seed {arguments.seed}", flush=True)
    with with_bug(arguments.bug) as variables:
        if scenarios:
            _run_rounds(scenarios, arguments, variables)
        else:
            _run_other_finder(arguments, variables)
    print(f"no promise broken; replay by --seed {arguments.seed}")


def _seconds(text: str) -> float:
    """Return a number above 0; argparse reports any other text in one line."""
    with suppress(ValueError):
        if (seconds := float(text)) > 0:
            return seconds
    raise argparse.ArgumentTypeError(f"not a number above 0: '{text}'")


def _scenarios(name: str | None, bug: str | None) -> list[Scenario]:
    """Return the scenarios to run: those named, otherwise those that find the bug."""
    if name is None and bug:
        return [each for each in SCENARIOS if each.name in BUGS[bug].found_by]
    return [each for each in SCENARIOS if (name or "") in each.name]


def _run_rounds(
    scenarios: list[Scenario], arguments: argparse.Namespace, variables: dict[str, str]
) -> None:
    figures = Figures()
    asked = 0.0
    begin = time.monotonic()
    with dynamodb() as database:
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
                found_after = time.monotonic() - begin
                sys.exit(f"{scenario.name}, seed {this.seed}, {found_after:.0f} s: {broken}")
            asked += arguments.round_seconds
            took = time.monotonic() - began
            print(f"{scenario.name}: holds ({took:.0f} s); so far {figures}", flush=True)


def _run_other_finder(arguments: argparse.Namespace, variables: dict[str, str]) -> None:
    """Run the killed greenlets where they find the bug, otherwise the test that does."""
    finder = BUGS[arguments.bug].found_by[0]
    if finder == GREENLETS:
        program = ["tests.faults.greenlet_kills", "--seed", str(arguments.seed)]
        program += ["--seconds", str(arguments.seconds)]
    elif finder == HISTORIES:
        program = ["pytest", "tests/faults/test_bugs.py", "-k", f"histories and {arguments.bug}"]
    else:
        program = ["pytest", finder]
    environment = os.environ if finder == HISTORIES else {**os.environ, **variables}
    finished = subprocess.run([sys.executable, "-m", *program], env=environment, check=False)
    sys.exit(finished.returncode)


if __name__ == "__main__":
    main()
