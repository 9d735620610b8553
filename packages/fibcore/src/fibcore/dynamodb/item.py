"""The layout of the counter's DynamoDB item: its key, its index and the writers' attributes.

The key is `counter` = `current`, and `value` holds the index, as in
https://github.com/stuburger/go-fib, which this project re-implements. Each writer adds two
attributes, whose names contain its id: see `WriterNames`.
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
"""The attribute that counts how often a writer joined. A writer joins by adding its two attributes,
and it requires that the count is still the one that it read. If several writers join at the same
moment, one succeeds and the others read the item again."""

_LARGEST_EXPONENT: Final = 125
"""DynamoDB's numbers are smaller than 10^126."""

Item = Mapping[str, Mapping[str, Any]]
"""An item in boto3's low-level form: `{"value": {"N": "7"}, …}`."""


class WriterNames(NamedTuple):
    """The names of the two attributes that a writer owns.

    Attributes:
        of_number: The attribute with the number of the writer's last applied write or fence; 0
            when the writer has just joined. `counter/exactly_once_writer.py` says what a fence is.
        of_index: The attribute with the index that the writer's last applied write produced; 0
            when there was none yet.
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
        net: The signed distance that the index moves, from 0 if `restart` is set, and otherwise
            from the stored index.
        restart: Whether the write ignores the stored index and moves from 0.
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
    if not isinstance(attributes, dict) or not all(
        isinstance(value, dict) for value in attributes.values()
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
        TypeError: The number is not a string. DynamoDB sends every number as a string.
        InvalidOperation: The string is no number.
        ValueError: The number is infinite, or larger than DynamoDB allows.
    """
    text = value["N"]
    if not isinstance(text, str):
        raise TypeError("the number is not a string")
    number = Decimal(text)
    if not number.is_finite() or number.adjusted() > _LARGEST_EXPONENT:
        raise ValueError("the number is larger than DynamoDB's numbers")
    return number


def parse_index(item: Item, name: str = INDEX_NAME) -> int | None:
    """Return the index in the attribute `name`; None if it holds no valid index."""
    index = parse_number(item, name)
    return index if index is not None and 0 <= index <= INDEX_LIMIT else None
