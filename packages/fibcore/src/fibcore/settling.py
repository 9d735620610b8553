"""One batch on its way to the table, and what is known of its writes so far."""

from fibcore.counter_item import Item, sound_index
from fibcore.lane import Batch
from fibcore.plan import Kind, Plan, plan_steps


class Settling:
    """One batch on its way.

    Attributes:
        batch: The steps.
        first: The number of the batch's first plan; every write is conditional on less.
        unanswered: What went out and was not answered, by number; None for a fence.
        known: The index that a refused write or a fence found, if one did.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.first: int | None = None
        self.unanswered: dict[int, Plan | None] = {}
        self.known: int | None = None
        self._needs_fence = False

    def plan(self, max_index: int) -> Plan | None:
        """Plan the steps that still wait; None where a fence has to come first.

        Where all are refused, and no write is unanswered, they are answered at once.
        """
        with self.batch.lock:
            if not self.batch.waiting:
                return Plan(None)
            plan = plan_steps(list(self.batch.waiting), max_index=max_index, known=self.known)
            if self.unanswered and (plan.movement is None or self._needs_fence):
                return None
            if plan.movement is None:
                plan.refuse()
                self.batch.waiting.clear()
            else:
                self.batch.in_doubt = True
            return plan

    def answer(self, plan: Plan, reached: int) -> None:
        """Answer the steps of the plan that was applied, and be done with the batch."""
        with self.batch.lock:
            plan.answer(reached)
            self.batch.waiting.clear()

    def fenced(self, item: Item) -> None:
        """Start anew: no write sent before has been applied, nor ever will be."""
        self.unanswered.clear()
        self.first = None
        with self.batch.lock:
            self.batch.in_doubt = False
        self._needs_fence = False
        self.known = sound_index(item)

    def learn(self, item: Item) -> None:
        """Plan from the item as a refused write found it."""
        self.known = sound_index(item)
        resets = any(step.kind is Kind.RESET for step in self.batch.waiting)
        self._needs_fence = self.known is None and not resets
        with self.batch.lock:
            self.batch.in_doubt = bool(self.unanswered)
