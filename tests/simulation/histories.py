"""Short histories with every fault, each drawn from a seed, and checked step by step.

    python -m tests.simulation.histories FIRST_SEED SEEDS

A few processes serve a few clients on one item, close to both of its bounds. Calls get lost, arrive
late or twice, are refused or throttled; processes are killed and started, and entries are removed.
The answers have to be those of one counter, in an order that keeps to the times of the calls. In
one of five histories nothing goes wrong, and then no call may fail.

In some histories, the item is nearly full of the entries of writers that are gone. In some, a
process starts later, and all clients are idle for a minute, so that the entries expire, and then
come back at almost the same moment. The item never has too many writers. If nothing goes wrong, no
entry is removed that has changed within a minute.
"""

import logging
import sys
from collections.abc import Callable
from functools import partial
from math import inf
from random import Random

from fibcore.counter import Operation
from fibcore.counter.batching import BatchingCounter
from fibcore.dynamodb.item import Item, WriterNames, parse_index
from fibcore.dynamodb.writer_registry import STALE_SECONDS, WRITERS_LIMIT, all_entries
from fibcore.errors import CounterError, OutcomeUnknown, Unavailable

from tests.linearizability import Call, unexplained
from tests.simulation.partition import Limits
from tests.simulation.process import Process
from tests.simulation.simulation import Simulation
from tests.unit.table_in_memory import Fate

CLIENTS, CALLS = 5, 7
LONGEST_SECONDS = 150
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
        self._gone_writers = random.choice([0, 0, WRITERS_LIMIT - 2, WRITERS_LIMIT])
        fates = [fate for fate in Fate if fate is not Fate.ANSWERED]
        if self._gone_writers:
            # A writer that finds no room for an entry cannot tell that a write arrived twice.
            fates = [fate for fate in fates if not fate.name.startswith("DOUBLED")]
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
        self._idle_until = 0.0
        self._changed_at: dict[WriterNames, float] = {}
        self._wrong_entries: list[str] = []
        self.calls: list[Call] = []

    def run(self) -> None:
        """Run it.

        Raises:
            BrokenHistory: No single counter gives its answers, or a call failed without a reason.
        """
        simulation, random = self._simulation, self._random
        simulation.partition.on_change = self._check_entries
        with simulation:
            self._add_entries_of_gone_writers()
            for _ in range(random.randint(1, 3)):
                self._start_process()
            if random.random() < 0.3:
                self._idle_until = random.uniform(STALE_SECONDS, STALE_SECONDS + 4)
                simulation.time.at(random.uniform(0, 3), self._start_process)
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
        if self._wrong_entries:
            raise BrokenHistory(self._wrong_entries[0])
        if self._is_calm:
            for call in self.calls:
                if isinstance(call.outcome, OutcomeUnknown | Unavailable):
                    raise BrokenHistory(f"{call} failed without a reason")

    def _start_process(self) -> None:
        [process] = self._simulation.start(1)
        for _ in range(CLIENTS):
            process.run(partial(self._call_again_and_again, process))

    def _add_entries_of_gone_writers(self) -> None:
        item = self._simulation.partition.item
        assert item is not None
        for number in range(self._gone_writers):
            names = WriterNames.for_id(f"gone{number:02}")
            item |= {name: {"N": "0"} for name in names}

    def _check_entries(self, before: Item, after: Item) -> None:
        """Note what is wrong with a change of the writers' entries."""
        # An exception here would reach the counter, which takes it for a failure of the call.
        now = self._simulation.time.now
        old, new = all_entries(before), all_entries(after)
        if len(new) > max(WRITERS_LIMIT, len(old)):
            self._wrong_entries.append(f"the item has {len(new)} writers")
        for names in old.keys() - new.keys():
            age = now - self._changed_at.get(names, 0)
            if self._is_calm and age < STALE_SECONDS:
                self._wrong_entries.append(f"an entry was removed {age:.3f} s after its last write")
        self._changed_at |= {names: now for names in new if old.get(names) != new[names]}

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
        for number in range(CALLS):
            if number == CALLS // 2 and time.now < self._idle_until:
                time.sleep(self._idle_until - time.now + random.uniform(0, 0.05))
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
    # A warning that the item has no room for another writer is expected in many histories.
    logging.disable()
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
