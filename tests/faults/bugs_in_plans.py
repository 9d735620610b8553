"""Bugs in the plan of a batch, its bounds and its answers."""

from dataclasses import replace
from typing import Any

from tests.faults.bug import HISTORIES, SIMULATION, bug, wrap

_UNBOUNDED = 10**9


# The bounds, the plan, the reads.


@bug("fibcore.dynamodb.repository", HISTORIES, "almost half of all writes unanswered", SIMULATION)
def bounds_before_the_write(repository: Any) -> None:
    """The bounds are checked by a read before the write."""

    def move(original: Any, self: Any, movement: Any, *stamp: Any) -> int:
        if not movement.restart:
            found = self.read()
            index = repository.parse_index(found)
            if index is None or not movement.lowest <= index <= movement.highest:
                raise repository.ConditionFailed(found)
        unbounded = replace(movement, lowest=-_UNBOUNDED, highest=_UNBOUNDED)
        moved: int = original(self, unbounded, *stamp)
        return moved

    wrap(repository.CounterRepository, "move", move)


@bug("fibcore.dynamodb.repository", HISTORIES, SIMULATION)
def no_lower_bound(repository: Any) -> None:
    """A write accepts any index from below."""
    wrap(
        repository.CounterRepository,
        "move",
        lambda original, self, movement, *stamp: original(
            self, replace(movement, lowest=-_UNBOUNDED), *stamp
        ),
    )


@bug("fibcore.dynamodb.repository", HISTORIES, SIMULATION)
def no_upper_bound(repository: Any) -> None:
    """A write accepts any index from above."""
    wrap(
        repository.CounterRepository,
        "move",
        lambda original, self, movement, *stamp: original(
            self, replace(movement, highest=_UNBOUNDED), *stamp
        ),
    )


@bug("fibcore.counter.batch", HISTORIES, SIMULATION)
def the_item_found_is_not_planned_from(batch: Any) -> None:
    """The index that came back with a failed condition is ignored."""
    wrap(batch.Batch, "not_applied", lambda original, self, _: original(self, None))


@bug("fibcore.counter.plan", HISTORIES, SIMULATION)
def a_reset_moves_by_the_net(plan: Any) -> None:
    """A batch with a reset leaves the index at 0, whatever else it has."""
    wrap(
        plan,
        "Movement",
        lambda original, net, restart, lowest, highest: original(
            0 if restart else net, restart, lowest, highest
        ),
    )


@bug("fibcore.counter.exactly_once_writer", "almost half of all writes unanswered", SIMULATION)
def acknowledged_before_the_write(exactly_once_writer: Any) -> None:
    """A batch is answered from a read, and written afterwards."""

    def write(_: Any, self: Any, batch: Any) -> None:
        self._last_number += 1
        number, names = self._last_number, self._registry.names
        plan = batch.plan_write(number, self._max_index)
        if plan is None or plan.movement is None:
            return
        item = self._repository.read()
        index = 0 if plan.movement.restart else exactly_once_writer.parse_index(item)
        stamp = exactly_once_writer.WriteStamp(names, min(batch.plans), number) if names else None
        batch.answer(plan, (index or 0) + plan.movement.net)
        batch.done.set()
        self._repository.move(plan.movement, stamp)

    wrap(exactly_once_writer.ExactlyOnceWriter, "_write", write)
