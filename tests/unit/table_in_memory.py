"""The counter's item in memory, behind a network that the test directs, send by send."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any

from fibcore.counter_item import INDEX_NAME, Item, sound_index
from fibcore.dynamodb import CounterTable, Mark
from fibcore.dynamodb_client import ConditionFailed
from fibcore.errors import OutcomeUnknown, Unavailable
from fibcore.plan import Movement


class Fate(Enum):
    """What becomes of one send."""

    ANSWERED = "applied where its condition holds, and answered"
    THROTTLED = "surely not applied"
    LOST = "never arrived, and unanswered"
    UNANSWERED = "applied where its condition holds, and unanswered"
    LATE = "unanswered, and delivered at some later time"


class TableInMemory(CounterTable):
    """Takes and answers what `CounterTable` sends, as DynamoDB does.

    Attributes:
        item: The item; None where there is none.
        late: Sends still on their way.
        sends: How many went out.
    """

    def __init__(self, index: int, next_fate: Callable[[], Fate]) -> None:
        self.item: dict[str, Mapping[str, Any]] | None = {INDEX_NAME: {"N": str(index)}}
        self.late: list[Callable[[], Any]] = []
        self.sends = 0
        self._next_fate = next_fate
        self._table_name = "in-memory"

    def deliver(self, position: int) -> None:
        """Let one late send arrive."""
        with suppress(ConditionFailed):
            self.late.pop(position)()

    def _through_the_network(self, write: Callable[[], Any]) -> Any:
        self.sends += 1
        match self._next_fate():
            case Fate.ANSWERED:
                return write()
            case Fate.THROTTLED:
                raise Unavailable("throttled", transient=True)
            case Fate.LATE:
                self.late.append(write)
            case Fate.UNANSWERED:
                self.late.append(write)
                self.deliver(-1)
            case Fate.LOST:
                pass
        raise OutcomeUnknown("unanswered")

    def read(self) -> Item:
        def look() -> Item:
            if self.item is None:
                raise self.not_seeded()
            return dict(self.item)

        try:
            found: Item = self._through_the_network(look)
        except OutcomeUnknown as unanswered:
            raise Unavailable("unanswered", transient=True) from unanswered
        return found

    def read_index(self) -> int:
        return self.demand_index(self.read())

    def move(self, movement: Movement, mark: Mark | None = None) -> int:
        def write() -> int:
            item = self._existing()
            found = sound_index(item)
            if movement.restart:
                produced = movement.net
            elif found is None or not movement.lowest <= found <= movement.highest:
                raise ConditionFailed(dict(item))
            else:
                produced = found + movement.net
            if mark:
                self._demand_mark(item, mark)
                item[mark.number_name] = {"N": str(mark.number)}
                item[mark.index_name] = {"N": str(produced)}
            item[INDEX_NAME] = {"N": str(produced)}
            return produced

        reached: int = self._through_the_network(write)
        return reached

    def fence(self, mark: Mark) -> Item:
        def write() -> Item:
            item = self._existing()
            self._demand_mark(item, mark)
            item[mark.number_name] = {"N": str(mark.number)}
            return dict(item)

        fenced: Item = self._through_the_network(write)
        return fenced

    def add_entry(self, number_name: str, index_name: str) -> Item:
        def write() -> Item:
            item = self._existing()
            if number_name in item:
                raise ConditionFailed(dict(item))
            item[number_name] = item[index_name] = {"N": "0"}
            return dict(item)

        added: Item = self._through_the_network(write)
        return added

    def remove_entry(self, number_name: str, index_name: str, number: str) -> None:
        def write() -> None:
            item = self._existing()
            if item.get(number_name) == {"N": number}:
                del item[number_name], item[index_name]

        self._through_the_network(write)

    def _existing(self) -> dict[str, Mapping[str, Any]]:
        if self.item is None:
            raise ConditionFailed(None)
        return self.item

    def _demand_mark(self, item: dict[str, Mapping[str, Any]], mark: Mark) -> None:
        stored = item.get(mark.number_name)
        if stored is None or int(stored["N"]) >= mark.first:
            raise ConditionFailed(dict(item))
