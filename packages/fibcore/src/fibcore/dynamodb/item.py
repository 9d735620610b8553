"""The layout of the counter's item in the table, which is go-fib's layout with more attributes.

The key is `counter` = `current`, and `value` holds the index. Each writer adds two attributes of
its own, named by its id: see `WriterNames`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from fibcore.settings import INDEX_LIMIT

KEY_NAME: Final = "counter"
KEY_VALUE: Final = "current"
INDEX_NAME: Final = "value"
JOINS_NAME: Final = "writers.joined"
"""The attribute that counts how often a writer joined. Each join is conditional on the count that
it read, so of writers that join at the same moment one succeeds and the others look again."""

Item = Mapping[str, Mapping[str, Any]]
"""An item in boto3's low-level form: `{"value": {"N": "7"}, …}`."""


class WriterNames(NamedTuple):
    """The names of the two attributes that a writer owns.

    Attributes:
        of_number: The attribute with the number of the writer's last applied write.
        of_index: The attribute with the index that this write produced.
    """

    of_number: str
    of_index: str

    @classmethod
    def for_id(cls, writer_id: str) -> "WriterNames":
        """Return the names of the writer with this id."""
        return cls(f"n.{writer_id}", f"i.{writer_id}")


@dataclass(frozen=True, slots=True)
class Movement:
    """What a write does to the stored index.

    Attributes:
        net: How far the index moves; from 0 if `restart` is set, otherwise from where it is.
        restart: Whether the write sets the index, whatever it was.
        lowest: The lowest stored index that the write accepts; ignored with `restart`.
        highest: The highest stored index that the write accepts; ignored with `restart`.
    """

    net: int
    restart: bool
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class WriteStamp:
    """The writer's sequence number, stored with each write so that a repeat is rejected.

    Attributes:
        names: The writer's two attributes.
        first: The write applies only if the stored number is smaller than this.
        number: The number that the write stores; at least `first`.
    """

    names: WriterNames
    first: int
    number: int


def as_item(attributes: object) -> Item:
    """Return the attributes of an answer as an item.

    Raises:
        TypeError: They are not in the form of an item.
    """
    if not isinstance(attributes, Mapping) or not all(
        isinstance(value, Mapping) for value in attributes.values()
    ):
        raise TypeError("the attributes are not in the form of an item")
    return attributes


def parse_number(item: Item, name: str) -> int | None:
    """Return the whole number in the attribute `name`; None if it holds something else."""
    try:
        number = as_decimal(item.get(name, {}))
        return int(number) if number == number.to_integral_value() else None
    except (KeyError, TypeError, ValueError, InvalidOperation):
        return None


def as_decimal(value: Mapping[str, Any]) -> Decimal:
    """Return the number in an attribute's value.

    Raises:
        KeyError: The value is no number.
        TypeError: The number is not in the form of a string, as DynamoDB sends it.
        InvalidOperation: The string is no number.
    """
    text = value["N"]
    if not isinstance(text, str):
        raise TypeError("the number is not in the form of a string")
    return Decimal(text)


def parse_index(item: Item, name: str = INDEX_NAME) -> int | None:
    """Return the index in the attribute `name`; None if it holds no valid index."""
    index = parse_number(item, name)
    return index if index is not None and 0 <= index <= INDEX_LIMIT else None
