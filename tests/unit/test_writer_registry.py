from typing import Any

from fibcore.dynamodb.item import WriterNames
from fibcore.dynamodb.writer_registry import (
    ITEM_LIMIT_BYTES,
    STALE_SECONDS,
    WRITERS_LIMIT,
    WriterRegistry,
    all_entries,
    has_room,
    new_names,
)

from tests.unit.table_in_memory import Fate, TableInMemory


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def item_with(**numbers: str) -> dict[str, Any]:
    entries = {f"n.{name}": {"N": number} for name, number in numbers.items()}
    indexes = {f"i.{name}": {"N": "0"} for name in numbers}
    return {"counter": {"S": "current"}, "value": {"N": "7"}, **entries, **indexes}


def names(writer_id: str) -> WriterNames:
    return WriterNames.for_id(writer_id)


def test_entry_unchanged_for_a_minute_is_unused() -> None:
    clock = Clock()
    registry = WriterRegistry(TableInMemory(0, lambda: Fate.ANSWERED), clock)
    one, other = names("aaaaaa"), names("bbbbbb")
    assert registry.find_unused({one: 1, other: 1}) == {}
    clock.now = STALE_SECONDS / 2
    assert registry.find_unused({one: 1, other: 2}) == {}
    clock.now = STALE_SECONDS
    assert registry.find_unused({one: 1, other: 2}) == {one: 1}


def test_entry_that_comes_back_is_not_unused() -> None:
    clock = Clock()
    registry = WriterRegistry(TableInMemory(0, lambda: Fate.ANSWERED), clock)
    registry.find_unused({names("aaaaaa"): 1})
    clock.now = STALE_SECONDS / 2
    registry.find_unused({})
    clock.now = STALE_SECONDS
    assert registry.find_unused({names("aaaaaa"): 1}) == {}


def test_all_writers_fit_into_one_write_unit() -> None:
    full = item_with(**{f"{ordinal:06}": "9" * 12 for ordinal in range(WRITERS_LIMIT - 1)})
    assert has_room(full)


def test_item_with_all_writers_has_no_room() -> None:
    assert not has_room(item_with(**{f"{ordinal:06}": "1" for ordinal in range(WRITERS_LIMIT)}))


def test_large_item_has_no_room() -> None:
    assert not has_room({**item_with(), "note": {"S": "x" * ITEM_LIMIT_BYTES}})


def test_similar_attributes_are_no_entries() -> None:
    others = {"n.orders": {"N": "5"}, "n.all": {"N": "1"}, "n.abcdef": {"S": "1"}}
    assert all_entries({**item_with(aaaaaa="1"), **others}) == {names("aaaaaa"): 1}


def test_room_is_reserved_for_growing_numbers() -> None:
    small = item_with(**{f"{ordinal:06}": "1" for ordinal in range(22)})
    assert not has_room({**small, "note": {"S": "x" * 380}})
    assert not has_room({**item_with(), "note": {"S": "\u20ac" * (ITEM_LIMIT_BYTES // 3)}})


def test_names_differ() -> None:
    assert len({new_names() for _ in range(1_000)}) == 1_000
