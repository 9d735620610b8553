"""The writers' entries in the counter's item: who has one, and whether there is room for another.

A writer owns two attributes, `n.<id>` with the number of its last applied write and `i.<id>` with
the index that this write produced.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import SystemRandom
from string import ascii_letters, digits
from typing import Any, Final

from fibcore.dynamodb.item import Item

WRITERS_LIMIT: Final = 32
"""Twice the tasks that autoscaling allows, since a deploy doubles them for a while."""

ITEM_LIMIT_BYTES: Final = 1_024
"""A larger item costs two write units a write:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html"""

STALE_SECONDS: Final = 60.0
"""An entry unchanged for so long may be taken out; a writer that lives finds out and joins anew."""

_NUMBER_PREFIX: Final = "n."
_INDEX_PREFIX: Final = "i."
_ID_LENGTH: Final = 6
_NUMBER_NAME: Final = re.compile(rf"{re.escape(_NUMBER_PREFIX)}[a-zA-Z0-9]{{{_ID_LENGTH}}}")
# Two names of eight bytes, a number and an index of at most twelve and eight digits.
_ENTRY_BYTES: Final = 28

_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class EntryNames:
    """The names of a writer's two attributes."""

    number: str
    index: str


def new_names() -> EntryNames:
    """Return the names of a new writer; its id is one of 62^6."""
    writer_id = "".join(_random.choices(ascii_letters + digits, k=_ID_LENGTH))
    return EntryNames(_NUMBER_PREFIX + writer_id, _INDEX_PREFIX + writer_id)


def stored_number(item: Item, names: EntryNames) -> int | None:
    """Return the number of the writer's last applied write, or None where it has no entry."""
    text = item.get(names.number, {}).get("N")
    return None if text is None else int(text)


def all_entries(item: Item) -> dict[EntryNames, str]:
    """Return the number, as stored, of every writer in the item."""
    return {
        names: item[names.number]["N"]
        for names in (
            EntryNames(name, _INDEX_PREFIX + name.removeprefix(_NUMBER_PREFIX))
            for name in item
            if _NUMBER_NAME.fullmatch(name)
        )
        if "N" in item[names.number] and "N" in item.get(names.index, {})
    }


def has_room(item: Item, *, more: int = 1) -> bool:
    """Tell whether `more` entries fit, by the count of writers and by the size they grow to."""
    entries = all_entries(item)
    theirs = {name for names in entries for name in (names.number, names.index)}
    others = sum(
        len(name.encode()) + _size_at_most(value)
        for name, value in item.items()
        if name not in theirs
    )
    writers = len(entries) + more
    return writers <= WRITERS_LIMIT and others + writers * _ENTRY_BYTES <= ITEM_LIMIT_BYTES


def _size_at_most(value: Mapping[str, Any]) -> int:
    if "N" in value:
        # A byte for two digits, one for a sign and one for the exponent.
        return len(value["N"]) // 2 + 3
    return len(str(value).encode())  # no other type is larger in DynamoDB than as Python prints it


class StaleEntries:
    """Watches the entries of others, by its own clock alone, for those that no longer change.

    Args:
        clock: Monotonic, in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[EntryNames, tuple[str, float]] = {}

    def look(self, item: Item) -> dict[EntryNames, str]:
        """Return the entries seen unchanged for `STALE_SECONDS`, each with its number."""
        now = self._clock()
        before = self._seen
        self._seen = {}
        for names, number in all_entries(item).items():
            seen, since = before.get(names, (number, now))
            self._seen[names] = (number, since if seen == number else now)
        return {
            names: number
            for names, (number, since) in self._seen.items()
            if now - since >= STALE_SECONDS
        }
