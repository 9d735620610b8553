"""The state of a batch: the steps that share a write, and all writes sent for them so far."""

import threading

from fibcore.counter.plan import Plan, Step, plan_steps
from fibcore.errors import CounterError, OutcomeUnknown, Unavailable


class Batch:
    """Steps that are sent to DynamoDB together.

    Args:
        lock: Held while steps join, leave or are answered, and while a write is planned.

    Attributes:
        waiting: The steps not yet answered, in the order of arrival.
        done: Set when every step is answered.
        plans: The plan of every write since the last call of `fenced`, by sequence number.
        in_doubt: The numbers of the writes and fences whose outcome is not known yet.
        was_refused: True after DynamoDB rejected a write, or a fence was rejected or not sent. It
            becomes False when a later write or fence shows that no earlier write was applied.
    """

    def __init__(self, lock: threading.Lock) -> None:
        self.waiting: dict[Step, None] = {}
        self.done = threading.Event()
        self.plans: dict[int, Plan] = {}
        self.in_doubt: set[int] = set()
        self.was_refused = False
        self._lock = lock
        self._known_index: int | None = None

    def leave(self, step: Step) -> None:
        """Reject and remove a step that still waits, so that no later write includes it."""
        with self._lock:
            if step in self.waiting:
                del self.waiting[step]
                step.outcome = (
                    OutcomeUnknown("the outcome of a write with this step is unknown")
                    if self.in_doubt
                    else Unavailable("DynamoDB carried out no request with this step in time")
                )

    def answer_all(self, outcome: int | CounterError) -> None:
        """Answer every waiting step with this outcome."""
        with self._lock:
            for step in self.waiting:
                step.outcome = outcome
            self.waiting.clear()

    def plan_write(self, number: int, max_index: int) -> Plan | None:
        """Plan one write for the waiting steps; return None if no step waits.

        If the plan has a movement, its write is in doubt from now on. A plan without a movement
        refuses every step.
        """
        with self._lock:
            if not self.waiting:
                return None
            plan = plan_steps(list(self.waiting), max_index=max_index, known=self._known_index)
            if plan.movement:
                self.plans[number] = plan
                self.in_doubt.add(number)
            return plan

    def answer(self, plan: Plan, reached: int) -> None:
        """Answer the steps of `plan`; `reached` is the index its write produced, 0 without one."""
        with self._lock:
            plan.answer(reached)
            self.waiting.clear()

    def not_applied(self, known_index: int | None) -> None:
        """Record the index found (None if it is invalid), and that no write is applied so far."""
        self.was_refused = False
        self._known_index = known_index

    def fenced(self, known_index: int | None) -> None:
        """Record the index found, and forget all writes: none is applied or ever will be."""
        self.not_applied(known_index)
        self.in_doubt.clear()
        self.plans.clear()
