"""One batch: the steps that share a write, and what is known of the writes sent for them.

This module only keeps the state; `batch_writer.py` has the rules.
"""

import threading
from collections.abc import Callable
from enum import Enum

from fibcore.counter import Operation
from fibcore.counter.plan import Plan, Step, plan_steps
from fibcore.dynamodb.item import WriterNames
from fibcore.dynamodb.repository import WriteStamp
from fibcore.errors import CounterError, OutcomeUnknown, Unavailable


class Found(Enum):
    """What the item says of a batch's writes."""

    NOTHING_APPLIED = "the stored number is older than the batch"
    WRITE_APPLIED = "the stored number is that of a write of the batch"
    FENCE_APPLIED = "the stored number is that of a fence of the batch"
    ENTRY_GONE = "the writer's entry is not there, or not its own"


class Batch:
    """Steps that share one request to the table.

    Args:
        lock: Held while steps join, leave or are answered, and while a write is planned.

    Attributes:
        waiting: The steps not yet answered, in the order of arrival.
        done: Set when nothing more will happen to the batch before the steps' deadlines.
        in_doubt: Whether a write with these steps is in flight, or was sent and is unanswered.
        was_refused: Whether DynamoDB refused a write with these steps by name. A proxy may have
            delivered a copy of that write before, so the next write tells.
    """

    def __init__(self, lock: threading.Lock) -> None:
        self.waiting: dict[Step, None] = {}
        self.done = threading.Event()
        self.in_doubt = False
        self.was_refused = False
        self._lock = lock
        self._known_index: int | None = None
        self._first = 0
        self._plans: dict[int, Plan] = {}

    def leave(self, step: Step) -> None:
        """Reject a step that stops waiting; no later write will include it."""
        with self._lock:
            if step in self.waiting:
                del self.waiting[step]
                step.reject(
                    OutcomeUnknown("a write with this step is unanswered")
                    if self.in_doubt
                    else Unavailable("the table accepted no write with this step in time")
                )

    def fail(self, failure: Callable[[], CounterError]) -> None:
        """Reject every waiting step, each with a failure of its own."""
        with self._lock:
            for step in self.waiting:
                step.reject(failure())
            self.waiting.clear()

    def resolve_all(self, index: int) -> None:
        """Answer every waiting step with the same index: the batch was a read."""
        with self._lock:
            for step in self.waiting:
                step.resolve(index)
            self.waiting.clear()

    def has_reset(self) -> bool:
        """Tell whether one of the waiting steps is a reset."""
        with self._lock:
            return any(step.operation is Operation.RESET for step in self.waiting)

    def plan_write(self, number: int, max_index: int) -> Plan | None:
        """Plan the waiting steps as the write with this number, which is in doubt from now on.

        Returns:
            The plan, which has no movement if every step has to be refused; None if no step
            waits.
        """
        with self._lock:
            if not self.waiting:
                return None
            plan = plan_steps(list(self.waiting), max_index=max_index, known=self._known_index)
            if plan.movement:
                self._first = self._first or number
                self._plans[number] = plan
                self.in_doubt = True
            return plan

    def has_writes(self) -> bool:
        """Tell whether a write was sent that no fence has ruled out."""
        return bool(self._plans)

    def refuse(self, plan: Plan) -> None:
        """Reject the steps of a plan that has no movement."""
        with self._lock:
            for step, failure in plan.refused:
                if step in self.waiting:
                    step.reject(failure)
                    del self.waiting[step]

    def stamp(self, names: WriterNames, number: int) -> WriteStamp:
        """Return the stamp of the write with this number: it applies if no earlier one did."""
        return WriteStamp(names, self._first, number)

    def answer(self, number: int, reached: int) -> None:
        """Answer the steps of the write with this number, which left the index at `reached`."""
        with self._lock:
            self._plans[number].answer(reached)
            self.waiting.clear()

    def finds(self, number: int) -> Found:
        """Tell what the writer's stored number, which is none of the future, says of this batch."""
        if number < self._first:
            return Found.NOTHING_APPLIED
        return Found.WRITE_APPLIED if number in self._plans else Found.FENCE_APPLIED

    def not_applied(self, known_index: int | None) -> None:
        """Note that no write sent so far was applied, and the index found, if it is valid."""
        self.in_doubt = self.was_refused = False
        self._known_index = known_index

    def fenced(self, known_index: int | None) -> None:
        """Start anew: no write sent so far was applied, and none of them ever will be."""
        self.not_applied(known_index)
        self._first = 0
        self._plans.clear()
