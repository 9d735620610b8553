"""The counter's item in the table, in the layout that go-fib's has as well."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from fibcore.settings import INDEX_LIMIT

KEY_NAME: Final = "counter"
KEY_VALUE: Final = "current"
INDEX_NAME: Final = "value"

Item = Mapping[str, Mapping[str, Any]]
"""An item as the low-level client gives it: `{"value": {"N": "7"}, …}`."""


def parse_index(item: Item | None) -> int | None:
    """Return the index in `item`, or None where it holds no whole number that is an index."""
    stored = (item or {}).get(INDEX_NAME, {}).get("N")
    return _whole(stored)


def _whole(stored: str | None) -> int | None:
    if stored is None:
        return None
    number = Decimal(stored)
    if number != number.to_integral_value() or not 0 <= number <= INDEX_LIMIT:
        return None
    return int(number)
