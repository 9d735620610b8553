"""Registry of writers: adds this process's entry to the item and removes stale entries.

A writer adds its entry with a write that does not move the index. Other writers remove an entry
that has not changed for a minute, and its writer then joins again under another id.
"""

import logging
import math
import re
from collections.abc import Callable, Mapping
from random import SystemRandom
from string import ascii_letters, digits
from typing import Any, Final

from fibcore.dynamodb.item import JOINS_NAME, Item, WriterNames, parse_number
from fibcore.dynamodb.repository import CounterRepository
from fibcore.errors import OutcomeUnknown, Unavailable

WRITERS_LIMIT: Final = 32
PROCESSES_LIMIT: Final = WRITERS_LIMIT // 2
"""How many writers have room in the item, and how many server processes may run in all (processes
per task times tasks). A rolling deploy doubles the processes for a while."""

ITEM_LIMIT_BYTES: Final = 1_024
"""A write to a larger item costs two write units:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html"""

STALE_SECONDS: Final = 60.0
"""An entry that has not changed for this long may be removed."""

_TRY_AGAIN_SECONDS: Final = 1.0
"""How long a writer that found no room waits before it tries again."""

_ID_LENGTH: Final = 6
_NUMBER_NAME: Final = re.compile(rf"n\.([a-zA-Z0-9]{{{_ID_LENGTH}}})")
# Two names of 8 bytes each, a number of 12 digits (7 bytes) and an index of 8 digits (5 bytes).
# Neither has a sign.
_ENTRY_BYTES: Final = 28
_LARGEST_NUMBER: Final = "9" * 12

_log = logging.getLogger(__name__)
_random = SystemRandom()


def new_names() -> WriterNames:
    """Return the names of a new writer with a random id, one of 62^6."""
    return WriterNames.for_id("".join(_random.choices(ascii_letters + digits, k=_ID_LENGTH)))


def all_entries(item: Item) -> dict[WriterNames, int]:
    """Return the names of every writer in the item, each with its stored number."""
    found = (match for match in map(_NUMBER_NAME.fullmatch, item) if match)
    entries = (WriterNames.for_id(match[1]) for match in found)
    return {
        names: number
        for names in entries
        if (number := parse_number(item, names.of_number)) is not None
        and parse_number(item, names.of_index) is not None
    }


def has_room(item: Item) -> bool:
    """Tell whether one more entry fits, by the number of writers and by the item's size."""
    entries = all_entries(item)
    item = {JOINS_NAME: {"N": _LARGEST_NUMBER}, **item}
    names_of_entries = {name for names in entries for name in names}
    others = sum(
        len(name.encode()) + _size_at_most(value)
        for name, value in item.items()
        if name not in names_of_entries
    )
    writers = len(entries) + 1
    return writers <= WRITERS_LIMIT and others + writers * _ENTRY_BYTES <= ITEM_LIMIT_BYTES


def _size_at_most(value: Mapping[str, Any]) -> int:
    if "N" in value:
        # DynamoDB stores two digits in a byte. A sign, the exponent and an odd digit take one each.
        return len(value["N"]) // 2 + 3
    # A value of any other type has at most as many bytes as its text.
    return len(str(value).encode())


class WriterRegistry:
    """Keeps this process's entry in the item, and removes the entries of writers that are gone.

    Args:
        repository: Where the item is kept.
        clock: Monotonic, in seconds.

    Attributes:
        names: This process's entry; None if it has not joined, has lost it, or found no room.
    """

    def __init__(self, repository: CounterRepository, clock: Callable[[], float]) -> None:
        self._repository = repository
        self._clock = clock
        self._seen: dict[WriterNames, tuple[int, float]] = {}
        self._own_entries: set[WriterNames | None] = set()
        self._refreshed_at = -math.inf
        self.names: WriterNames | None = None

    def lose_entry(self) -> None:
        """Give up this process's entry; the next refresh removes it and joins under another id."""
        self.names = None
        self._refreshed_at = -math.inf

    def refresh_if_due(self, period: float = STALE_SECONDS) -> Mapping[WriterNames, int]:
        """Read all entries if that is due, and join if this process has no entry.

        It is due after `period` seconds, at most a minute, and without an entry within a second.

        Returns:
            The number in each writer's entry; nothing if the entries were not read.

        Raises:
            Unavailable: This process has no entry, and it failed to read the item or to join.
        """
        numbers: Mapping[WriterNames, int] = {}
        wait = min(period, STALE_SECONDS) if self.names else _TRY_AGAIN_SECONDS
        if self._clock() < self._refreshed_at + wait:
            return numbers
        try:
            numbers = self._refresh()
        except (OutcomeUnknown, Unavailable) as failure:
            if self.names is None:
                # A join does not move the index, so it can be repeated under another id.
                transient = isinstance(failure, OutcomeUnknown) or failure.transient
                raise Unavailable(str(failure), transient=transient) from failure
        self._refreshed_at = self._clock()
        return numbers

    def _refresh(self) -> Mapping[WriterNames, int]:
        item = self._repository.read()
        numbers = all_entries(item)
        if self.names and self.names not in numbers:
            self.lose_entry()
        remove = self.find_unused(numbers)
        removed_names = {name for names in remove for name in names}
        left = {name: value for name, value in item.items() if name not in removed_names}
        join = new_names() if self.names is None and has_room(left) else None
        if join or remove:
            if join:
                # If this write is unanswered, the entry may exist. A later refresh removes it.
                self._own_entries.add(join)
            self._repository.change_writers(item, join=join, remove=remove)
            self._own_entries &= {self.names, join}  # All others are removed.
        self.names = self.names or join
        if self.names is None:
            _log.warning("the counter's item has no room for another writer: run fewer processes")
        return numbers

    def find_unused(self, numbers: Mapping[WriterNames, int]) -> dict[WriterNames, int]:
        """Return this process's former entries, and others that did not change for a minute."""
        now = self._clock()
        before, self._seen = self._seen, {}
        for names, number in numbers.items():
            seen, since = before.get(names, (number, now))
            self._seen[names] = (number, since if seen == number else now)
        return {
            names: number
            for names, (number, since) in self._seen.items()
            if names != self.names and (names in self._own_entries or now - since >= STALE_SECONDS)
        }
