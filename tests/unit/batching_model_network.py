"""The model's network: everything that can happen to a write between the writer and the item.

Whatever the writer sends, the network can deliver it at once, late, never, or more than once. It
can answer, refuse (a throttled write, an expired credential) or lose the answer. A refusal tells
what became of the delivery that was refused, and nothing about a copy of the same write.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from functools import partial

from tests.unit.batching_model_item import Item, Planned, Rule, Scenario, Send


class Network(Item):
    """The item, and the writes on their way to it.

    Attributes:
        awaited: The write whose answer the writer waits for.
        late: Writes that nobody waits for. Each may arrive at any later time, or never.
    """

    def __init__(self, scenario: Scenario, dropped: Rule | None) -> None:
        super().__init__(scenario, dropped)
        self.late: frozenset[Send] = frozenset()
        self.awaited: Send | None = None
        self.sent = self.copied = self.copied_late = 0

    @abstractmethod
    def answered(self, send: Send, *, applied: bool) -> None:
        """Tell the writer that its write was applied, or that its condition failed."""

    @abstractmethod
    def refused(self, send: Send, *, final: bool) -> None:
        """Tell the writer that the delivery that it waited for was not applied."""

    @abstractmethod
    def unanswered(self, send: Send) -> None:
        """Tell the writer that no answer will come."""

    def send(self, entry: int | None, first: int, number: int, plan: Planned | None) -> None:
        """Take a write from the writer."""
        self.awaited = Send(self.sent, entry, first, number, plan)
        self.sent += 1

    def events_of_the_network(self) -> Iterator[tuple[str, Callable[["Network"], None]]]:
        """Yield what can happen now to the writes on their way."""
        if self.awaited:
            yield "answered", Network.answer
            yield "throttled", partial(Network.refuse, final=False)
            yield "refused for good", partial(Network.refuse, final=True)
            yield "unanswered", Network.lose_answer
            # Nothing protects a write without an entry from arriving twice.
            if self.awaited.entry is not None:
                if self.copied < self.scenario.copies:
                    yield "a copy arrives first", Network.deliver_copy
                if self.copied_late < self.scenario.late_copies:
                    yield "a copy is kept for later", Network.keep_copy
        for send in self.late:
            yield f"write {send.serial} arrives late", partial(Network.deliver_late, send=send)

    def answer(self) -> None:
        """Deliver the write, and answer it."""
        send = self._take()
        self.answered(send, applied=self.apply(send))

    def refuse(self, *, final: bool) -> None:
        """Refuse the write: `Unavailable`."""
        self.refused(self._take(), final=final)

    def lose_answer(self) -> None:
        """Answer nothing: `OutcomeUnknown`. The write may arrive at any later time."""
        send = self._take()
        self.late |= {send}
        self.unanswered(send)

    def deliver_copy(self) -> None:
        """Deliver the write a first time; its answer comes from another delivery."""
        self.copied += 1
        if self.awaited:
            self.apply(self.awaited)

    def keep_copy(self) -> None:
        """Keep a copy, which may arrive at any later time."""
        self.copied_late += 1
        if self.awaited:
            # Writes have the serials from 0 up, copies those below.
            self.late |= {self.awaited._replace(serial=-self.copied_late)}

    def deliver_late(self, send: Send) -> None:
        """Deliver a write whose answer nobody waits for."""
        self.late -= {send}
        self.apply(send)

    def _take(self) -> Send:
        send, self.awaited = self.awaited, None
        if send is None:
            raise AssertionError
        return send
