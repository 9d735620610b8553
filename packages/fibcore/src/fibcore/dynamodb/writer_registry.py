"""Registry of writers: adds this process's entry to the item and removes stale entries.

A writer adds its entry with a write that does not move the index. Other writers remove an entry
that has not changed for a minute, and its writer then joins again under another id.
"""

import logging
import re
from collections.abc import Callable, Hashable, Mapping
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
"""How long a writer waits for its next refresh if it found no room, or if it has an entry and the
refresh failed."""

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


def all_entries(item: Item) -> dict[WriterNames, str]:
    """Return the names of every writer in the item, each with its stored number."""
    found = (match for match in map(_NUMBER_NAME.fullmatch, item) if match)
    entries = (WriterNames.for_id(match[1]) for match in found)
    return {
        names: item[names.of_number]["N"]
        for names in entries
        if "N" in item[names.of_number] and "N" in item.get(names.of_index, {})
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
        numbers: The number in each writer's entry, when the item was last read.
    """

    def __init__(self, repository: CounterRepository, clock: Callable[[], float]) -> None:
        self._repository = repository
        self._clock = clock
        self._seen: dict[WriterNames, tuple[str, float]] = {}
        self._unused_entries: set[WriterNames] = set()
        self._refresh_at = self._read_at = clock()
        self.numbers: dict[Hashable, int] = {}
        self.names: WriterNames | None = None

    def lose_entry(self) -> None:
        """Give up this process's entry; the next refresh removes it and joins under another id."""
        if self.names:
            self._unused_entries.add(self.names)
        self.names = None
        self._refresh_at = self._clock()

    def refresh_if_due(self, period: float = STALE_SECONDS) -> bool:
        """Join if this process has no entry, and read all entries at least every `period` seconds.

        Returns:
            Whether it was due.

        Raises:
            Unavailable: This process has no entry, and it failed to read the item or to join.
        """
        if self._clock() < min(self._refresh_at, self._read_at + period):
            return False
        try:
            self._refresh()
        except (OutcomeUnknown, Unavailable) as failure:
            if self.names is None:
                # A join does not move the index, so it can be repeated under another id.
                transient = isinstance(failure, OutcomeUnknown) or failure.transient
                raise Unavailable(str(failure), transient=transient) from failure
            self._refresh_at = self._clock() + _TRY_AGAIN_SECONDS
        return True

    def _refresh(self) -> None:
        self._read_at = self._clock()
        item = self._repository.read()
        self.numbers = {
            names: parse_number(item, names.of_number) or 0 for names in all_entries(item)
        }
        if self.names and self.names.of_number not in item:
            self.lose_entry()
        unused = self._unused_entries & all_entries(item).keys()
        remove: dict[WriterNames, str | None] = {**self.find_stale(item), **dict.fromkeys(unused)}
        removed_names = {name for names in remove for name in names}
        left = {name: value for name, value in item.items() if name not in removed_names}
        join = new_names() if self.names is None and has_room(left) else None
        if join or remove:
            if join:
                # If this write is unanswered, the entry may exist. A later refresh removes it.
                self._unused_entries.add(join)
            self._repository.change_writers(item, join=join, remove=remove)
            self._unused_entries.clear()
        self.names = self.names or join
        if self.names is None:
            _log.warning("the counter's item has no room for another writer: run fewer processes")
        self._refresh_at = self._clock() + (STALE_SECONDS if self.names else _TRY_AGAIN_SECONDS)

    def find_stale(self, item: Item) -> dict[WriterNames, str]:
        """Note all numbers, and return the entries of others that did not change for a minute."""
        now = self._clock()
        before, self._seen = self._seen, {}
        for names, number in all_entries(item).items():
            seen, since = before.get(names, (number, now))
            self._seen[names] = (number, since if seen == number else now)
        return {
            names: number
            for names, (number, since) in self._seen.items()
            if now - since >= STALE_SECONDS and names != self.names
        }
