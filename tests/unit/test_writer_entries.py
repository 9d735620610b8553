from typing import Any

from fibcore.writer_entries import (
    ITEM_LIMIT_BYTES,
    STALE_SECONDS,
    WRITERS_LIMIT,
    EntryNames,
    StaleEntries,
    draw_names,
    has_room,
)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def item_with(**numbers: str) -> dict[str, Any]:
    entries = {f"n.{name}": {"N": number} for name, number in numbers.items()}
    indexes = {f"i.{name}": {"N": "0"} for name in numbers}
    return {"counter": {"S": "current"}, "value": {"N": "7"}, **entries, **indexes}


def names(writer_id: str) -> EntryNames:
    return EntryNames(f"n.{writer_id}", f"i.{writer_id}")


def test_an_entry_is_stale_once_seen_unchanged_for_a_minute() -> None:
    clock = Clock()
    stale = StaleEntries(clock)
    assert stale.look(item_with(a="1", b="1")) == {}
    clock.now = STALE_SECONDS / 2
    assert stale.look(item_with(a="1", b="2")) == {}
    clock.now = STALE_SECONDS
    assert stale.look(item_with(a="1", b="2")) == {names("a"): "1"}


def test_an_entry_that_was_gone_in_between_starts_anew() -> None:
    clock = Clock()
    stale = StaleEntries(clock)
    stale.look(item_with(a="1"))
    clock.now = STALE_SECONDS / 2
    stale.look(item_with())
    clock.now = STALE_SECONDS
    assert stale.look(item_with(a="1")) == {}


def test_all_writers_fit_into_one_write_unit_even_with_large_numbers() -> None:
    full = item_with(**{f"{ordinal:06}": "9" * 12 for ordinal in range(WRITERS_LIMIT - 1)})
    assert has_room(full)


def test_there_is_no_room_for_a_writer_too_many() -> None:
    assert not has_room(item_with(**{f"{ordinal:06}": "1" for ordinal in range(WRITERS_LIMIT)}))


def test_there_is_no_room_beside_what_others_keep_in_the_item() -> None:
    assert not has_room({**item_with(), "note": {"S": "x" * ITEM_LIMIT_BYTES}})


def test_names_differ() -> None:
    assert len({draw_names() for _ in range(1_000)}) == 1_000
