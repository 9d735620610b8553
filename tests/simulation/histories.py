"""Short histories with every fault, each drawn from a seed, and checked step by step.

    python -m tests.simulation.histories FIRST_SEED SEEDS

A few processes serve a few clients on one item, close to both of its bounds. Calls get lost, arrive
late or twice, are refused or throttled; processes are killed and started, and entries are removed.
The answers have to be those of one counter, in an order that keeps to the times of the calls. In
one of five histories nothing goes wrong, and then no call may fail.
"""

import sys
from collections.abc import Callable
from functools import partial
from math import inf
from random import Random

from fibcore.counter import Operation
from fibcore.counter.batching import BatchingCounter
from fibcore.dynamodb.item import parse_index
from fibcore.dynamodb.writer_registry import all_entries
from fibcore.errors import CounterError, OutcomeUnknown, Unavailable

from tests.linearizability import Call, unexplained
from tests.simulation.partition import Limits
from tests.simulation.process import Process
from tests.simulation.simulation import Simulation
from tests.unit.table_in_memory import Fate

CLIENTS, CALLS = 5, 7
LONGEST_SECONDS = 60
OPERATIONS = [
    Operation.NEXT,
    Operation.NEXT,
    Operation.PREVIOUS,
    Operation.CURRENT,
    Operation.RESET,
]
ASK: dict[Operation, Callable[[BatchingCounter], int]] = {
    Operation.CURRENT: BatchingCounter.current,
    Operation.NEXT: BatchingCounter.next,
    Operation.PREVIOUS: BatchingCounter.previous,
    Operation.RESET: BatchingCounter.reset,
}


class BrokenHistory(Exception):
    """No single counter gives these answers."""


class History:
    """One history.

    Args:
        seed: All that happens is drawn from it.
    """

    def __init__(self, seed: int) -> None:
        self._random = random = Random(seed)
        self._max_index = random.choice([2, 50])
        self._is_calm = random.random() < 0.2
        rates = [0.0] if self._is_calm else [0, 0, 0.03, 0.2]
        fates = [fate for fate in Fate if fate is not Fate.ANSWERED]
        self._simulation = Simulation(
            seed,
            Limits(
                share=1.0 if self._is_calm else random.choice([0.02, 1.0]),
                latency=lambda random: random.uniform(0.001, 0.03),
                faults={fate: random.choice(rates) for fate in fates},
            ),
            max_index=self._max_index,
            shuffled=True,
        )
        self.calls: list[Call] = []

    def run(self) -> None:
        """Run it.

        Raises:
            BrokenHistory: No single counter gives its answers, or a call failed without a reason.
        """
        simulation, random = self._simulation, self._random
        with simulation:
            for _ in range(random.randint(1, 3)):
                self._start_process()
            for _ in range(0 if self._is_calm else random.choice([0, 0, 1, 3])):
                event = random.choice([self._replace_process, self._remove_entry])
                simulation.time.at(random.uniform(0, 1), event)
            simulation.time.run(LONGEST_SECONDS)
        index = parse_index(simulation.partition.item or {})
        assert index is not None
        end = simulation.time.now
        self.calls.append(Call(Operation.CURRENT, end, end, index))
        if wrong := unexplained(self.calls, start=0, max_index=self._max_index):
            raise BrokenHistory(f"{wrong} fits no order of the calls before it")
        if self._is_calm:
            for call in self.calls:
                if isinstance(call.outcome, OutcomeUnknown | Unavailable):
                    raise BrokenHistory(f"{call} failed without a reason")

    def _start_process(self) -> None:
        [process] = self._simulation.start(1)
        for _ in range(CLIENTS):
            process.run(partial(self._call_again_and_again, process))

    def _replace_process(self) -> None:
        process = self._random.choice(self._simulation.processes)
        self._simulation.kill([process])
        self._start_process()

    def _remove_entry(self) -> None:
        partition = self._simulation.partition
        item = partition.item or {}
        if entries := sorted(all_entries(item)):
            removed = self._random.choice(entries)
            # An answer on its way holds the item as it was, so that one is not changed.
            partition.item = {name: value for name, value in item.items() if name not in removed}

    def _call_again_and_again(self, process: Process) -> None:
        time, random = self._simulation.time, self._random
        for _ in range(CALLS):
            time.sleep(random.choice([0, 0.001, 0.02, 0.3]) * random.random())
            operation, asked = random.choice(OPERATIONS), time.now
            place = len(self.calls)
            # This is the outcome if the process is killed.
            self.calls.append(Call(operation, asked, inf, OutcomeUnknown("the process was killed")))
            outcome: int | CounterError
            try:
                outcome = ASK[operation](process.counter)
            except CounterError as failure:
                outcome = failure
            if process.is_dead:
                return
            self.calls[place] = Call(operation, asked, time.now, outcome)


def main() -> None:
    """Run the seeds that the command line names; the first that fails ends it."""
    first, seeds = map(int, sys.argv[1:])
    calls = 0
    for seed in range(first, first + seeds):
        history = History(seed)
        try:
            history.run()
        except (BrokenHistory, AssertionError) as broken:
            sys.exit(f"seed {seed}, after {seed - first} others: {broken}")
        calls += len(history.calls)
    print(f"{seeds:,} seeds, {calls:,} calls: all counted right")


if __name__ == "__main__":
    main()
