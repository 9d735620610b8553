"""One batch on its way to the table, and what is known of its writes so far."""

from fibcore.counter import Operation
from fibcore.counter.batch_queue import Batch
from fibcore.counter.plan import Plan, plan_steps
from fibcore.dynamodb.item import Item, parse_index


class Settling:
    """One batch on its way.

    Attributes:
        batch: The steps, and the writes with them that may have been applied: each a plan, or
            None for a fence.
        first: The number of the batch's first plan; every write is conditional on less.
        known: The index that a refused write or a fence found, if one did.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.first: int | None = None
        self.known: int | None = None
        self._needs_fence = False

    def plan(self, number: int, max_index: int) -> Plan | None:
        """Plan the steps that still wait as the write of that number; None for a fence first.

        From now on the write may have been applied. Where all steps are refused, and no write is
        unanswered, they are answered at once, and the plan moves nothing.
        """
        with self.batch.lock:
            if not self.batch.waiting:
                return Plan(None)
            plan: Plan | None = plan_steps(
                list(self.batch.waiting), max_index=max_index, known=self.known
            )
            if plan and plan.movement is None and not self.batch.unanswered:
                plan.refuse()
                self.batch.waiting.clear()
                return plan
            if self.batch.unanswered and (self._needs_fence or (plan and plan.movement is None)):
                plan = None
            self.batch.unanswered[number] = plan
            return plan

    def not_applied(self, number: int) -> None:
        """Note that this one send surely did nothing."""
        self.batch.unanswered.pop(number, None)

    def answer(self, plan: Plan, reached: int) -> None:
        """Answer the steps of the plan that was applied, and be done with the batch."""
        with self.batch.lock:
            plan.answer(reached)
            self.batch.waiting.clear()

    def fenced(self, item: Item) -> None:
        """Start anew: no write sent before has been applied, nor ever will be."""
        self.batch.unanswered.clear()
        self.first = None
        self._needs_fence = False
        self.known = parse_index(item)

    def learn(self, item: Item) -> None:
        """Plan from the item as a refused write found it."""
        with self.batch.lock:
            self.known = parse_index(item)
            resets = any(step.operation is Operation.RESET for step in self.batch.waiting)
            self._needs_fence = self.known is None and not resets
