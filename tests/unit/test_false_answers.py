"""Answers of 200 that DynamoDB never gives are no answers: the outcome is unknown."""

from collections.abc import Callable
from typing import Any

import pytest
from fibcore.dynamodb.item import Movement, WriterNames, WriteStamp
from fibcore.dynamodb.repository import CounterRepository
from fibcore.errors import OutcomeUnknown, Unavailable

from tests.unit.table_in_memory import Fate, TableInMemory

NAMES = WriterNames.for_id("aaaaaa")


class FalseTable(TableInMemory):
    """Answers every call with the same body."""

    def __init__(self, body: Any) -> None:
        super().__init__(1, lambda: Fate.ANSWERED)
        self._body = body

    def _through_the_network(self, _: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        self._note_sent()
        answer: dict[str, Any] = self._body
        return answer


@pytest.mark.parametrize(
    "attributes", [{}, {"value": {"N": "1"}}, {NAMES.of_number: {"N": "4"}}, {"value": []}]
)
def test_fence_without_its_number_is_unknown(attributes: Any) -> None:
    table: CounterRepository = FalseTable({"Attributes": attributes})
    with pytest.raises(OutcomeUnknown):
        table.fence(WriteStamp(NAMES, 3, 5))


@pytest.mark.parametrize("value", [{"N": 1}, {"N": []}, {"N": "x"}, {"S": "1"}, [], None])
def test_index_that_is_no_number_is_unknown(value: Any) -> None:
    table: CounterRepository = FalseTable({"Attributes": {"value": value}})
    with pytest.raises(OutcomeUnknown):
        table.move(Movement(1, restart=False, lowest=0, highest=9))


@pytest.mark.parametrize("value", [{"N": 1}, {"N": []}, {"N": "x"}, [], None])
def test_read_of_no_number_is_unavailable(value: Any) -> None:
    table: CounterRepository = FalseTable({"Item": {"value": value}})
    with pytest.raises(Unavailable):
        table.read_index()
