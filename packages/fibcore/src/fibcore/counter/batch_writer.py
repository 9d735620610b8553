"""A writer of the counter's item: does each batch in one write, and never twice.

The rules, each of which a test drops to see a step counted twice or not at all:

1. A writer has an id of its own, drawn when it first writes, and an entry under it in the item:
   the number of its last applied write, and the index which that write produced.
2. The entry comes in by a write that moves nothing. If that write goes unanswered, another id is
   drawn. A write that counts requires the entry; where it is gone, another id is drawn.
3. Every plan for a batch has its own number, and all of them are conditional on the stored number
   being below the batch's first: at most one ever applies, and the stored number tells which, be
   it that of the very write which is refused: a proxy may have sent it twice.
4. While a write is unanswered no step is refused, before a fence, a write that moves nothing, has
   raised the stored number past it or has found that it had been applied.
5. Entries of others go when they have not changed for a minute, each by a write conditional on the
   number seen.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from fibcore.counter.backoff import backoff_seconds
from fibcore.counter.batch import Settling
from fibcore.counter.batch_queue import Batch
from fibcore.counter.plan import Plan
from fibcore.dynamodb.client import ConditionFailed
from fibcore.dynamodb.item import INDEX_NAME, Item, parse_index
from fibcore.dynamodb.repository import CounterRepository, WriteStamp
from fibcore.dynamodb.writer_registry import (
    STALE_SECONDS,
    EntryNames,
    StaleEntries,
    has_room,
    new_names,
    stored_number,
)
from fibcore.errors import OutcomeUnknown, Unavailable

_log = logging.getLogger(__name__)

_UNMARKED = 0  # in place of the number of a write that leaves none


@dataclass
class _Entry:
    """This writer's place in the item.

    Attributes:
        names: Its attributes.
        last: The highest number that any of its writes has had.
    """

    names: EntryNames
    last: int = 0


class Writer:
    """Settles batches, one at a time.

    Args:
        table: Where the index is kept.
        max_index: The highest index that a step forward reaches.
        clock: Monotonic, in seconds.
        pause: Waits for so many seconds.
    """

    def __init__(
        self,
        table: CounterRepository,
        *,
        max_index: int,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._table = table
        self._max_index = max_index
        self._clock = clock
        self._pause = pause
        self._entry: _Entry | None = None
        self._surplus: EntryNames | None = None  # one that may be in the item, of no use
        self._stale = StaleEntries(clock)
        self._next_look = clock()

    def settle(self, batch: Batch) -> None:
        """Answer every step of `batch` but those that leave before."""
        settling = Settling(batch)
        tries = 0
        while batch.waiting:
            try:
                self._attempt(settling)
                continue
            except Unavailable as failure:
                if not failure.transient and not batch.unanswered:
                    batch.fail(partial(Unavailable, str(failure)))
                    return
                _log.debug("a batch of %d steps is tried again: %s", len(batch.waiting), failure)
            except OutcomeUnknown as failure:
                _log.debug("a batch of %d steps is unanswered: %s", len(batch.waiting), failure)
            tries += 1
            self._pause(backoff_seconds(tries))

    def _attempt(self, settling: Settling) -> None:
        """Send one write for the batch, and draw the conclusions."""
        if self._clock() >= self._next_look:
            self._look(settling)
        entry = self._entry
        number = entry.last + 1 if entry else _UNMARKED
        plan = settling.plan(number, self._max_index)
        if plan is not None and plan.movement is None:
            return  # every step was refused
        try:
            if entry is None:
                self._write_unmarked(settling, plan)
            else:
                entry.last = number
                settling.first = settling.first or number
                mark = WriteStamp(entry.names.number, entry.names.index, settling.first, number)
                self._write(settling, plan, mark)
        except Unavailable:
            settling.not_applied(number)
            raise
        except ConditionFailed as failed:
            self._conclude(settling, number, failed.item)

    def _write(self, settling: Settling, plan: Plan | None, mark: WriteStamp) -> None:
        if plan is None or plan.movement is None:
            settling.fenced(self._table.fence(mark))
        else:
            settling.answer(plan, self._table.move(plan.movement, mark))

    def _write_unmarked(self, settling: Settling, plan: Plan | None) -> None:
        """Count without an entry, where the item has no room: an unanswered write stays unknown."""
        if plan is None or plan.movement is None:
            raise AssertionError("a fence has an entry to raise")
        try:
            settling.answer(plan, self._table.move(plan.movement))
        except OutcomeUnknown as failure:
            settling.batch.fail(partial(OutcomeUnknown, str(failure)))

    def _conclude(self, settling: Settling, sent: int, item: Item | None) -> None:
        """Learn from the item, as the refused write `sent` found it, what became of the batch."""
        unanswered = settling.batch.unanswered
        entry = self._entry
        number = stored_number(item, entry.names) if item and entry else None
        if number != sent:
            settling.not_applied(sent)  # else it arrived twice
        if item is None:
            self._lose_entry(settling)
            raise self._table.not_seeded()
        if entry is None:
            self._table.require_index(item)
            settling.learn(item)
        elif number is None:
            self._lose_entry(settling)
        elif settling.first is not None and number < settling.first:
            settling.learn(item)
            if settling.known is None and not unanswered:
                raise self._table.no_valid_index()
        elif number not in unanswered:
            self._lose_entry(settling)  # a restored table, or another writer of our id
        elif (plan := unanswered[number]) is None:
            settling.fenced(item)
        else:
            stored = parse_index({INDEX_NAME: item.get(entry.names.index, {})})
            if stored is None:
                self._lose_entry(settling)
            else:
                settling.answer(plan, stored)

    def _lose_entry(self, settling: Settling) -> None:
        self._entry = None
        self._next_look = self._clock()
        settling.first = None
        if settling.batch.unanswered:
            settling.batch.fail(partial(OutcomeUnknown, "the item that could tell is replaced"))
            settling.batch.unanswered.clear()

    def _look(self, settling: Settling) -> None:
        """Join where this writer has no entry, and take out those of writers that are gone."""
        self._next_look = self._clock() + STALE_SECONDS
        try:
            self._leave_surplus()
            item = self._table.read()
            if self._entry and self._entry.names.number not in item:
                # Taken out while this writer was idle.
                if settling.batch.unanswered:
                    return  # the next write will find out what that leaves unknown
                self._entry = settling.first = None
            left = self._prune(item)
            if self._entry is None:
                self._join(left)
        except (OutcomeUnknown, Unavailable) as failure:
            if self._entry is None:
                # Nothing was counted: look again, and join under another id.
                self._next_look = self._clock()
                transient = isinstance(failure, OutcomeUnknown) or failure.transient
                raise Unavailable(str(failure), transient=transient) from failure

    def _prune(self, item: Item) -> Item:
        """Take out the entries that are stale, and return what is left of the item."""
        left = dict(item)
        for names, number in self._stale.look(item).items():
            if self._entry is None or names != self._entry.names:
                self._table.remove_entry(names.number, names.index, number)
                del left[names.number], left[names.index]
        return left

    def _join(self, item: Item) -> None:
        if has_room(item):
            self._surplus = names = new_names()
            item = self._table.add_entry(names.number, names.index)
            # Others may have joined in the same moment.
            if has_room(item, more=0):
                self._entry, self._surplus = _Entry(names), None
                return
            self._leave_surplus()
        _log.warning("the counter's item has no room for another writer")

    def _leave_surplus(self) -> None:
        if self._surplus:
            self._table.remove_entry(self._surplus.number, self._surplus.index, "0")
            self._surplus = None
