"""The counter in its DynamoDB table: every read and write of the one item."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any, Final

from fibcore.dynamodb.client import ConditionFailed, OneShotClient
from fibcore.dynamodb.item import (
    INDEX_NAME,
    JOINS_NAME,
    KEY_NAME,
    KEY_VALUE,
    Item,
    WriterNames,
    as_decimal,
    as_item,
    parse_index,
    parse_number,
)
from fibcore.dynamodb.time_limit import RunWithin, run_in_thread
from fibcore.errors import OutcomeUnknown, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY: Final = {KEY_NAME: {"S": KEY_VALUE}}

_EMPTY_ANSWER_LENGTH: Final = str(len("{}"))
"""The content length of the answer to a read that finds no item."""

_DYNAMODB_NUMBERS: Final = Context(prec=50)  # DynamoDB's numbers have 38 digits.

_LONGEST_IDLE_SECONDS: Final = 5.0
"""A connection that was idle for longer is not used for a write: a load balancer may have dropped
it silently, or AWS Lambda may have frozen the process in between."""


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


class CounterRepository:
    """Reads and writes the counter's item, one request per method.

    Every method raises `Unavailable` if its request surely did nothing, and the methods that
    write raise `OutcomeUnknown` if it may have done something.

    Args:
        client: From `create_client`.
        table_name: The table, which must exist.
        run_within: Keeps a call to its time limit.
        wall_clock: Time in seconds, from a clock that goes on while the process is frozen.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        *,
        run_within: RunWithin = run_in_thread,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = OneShotClient(client, run_within)
        self._table_name = table_name
        self._wall_clock = wall_clock
        self._last_send_at = wall_clock()

    def read(self) -> Item:
        """Return the whole item with a strongly consistent read."""
        self._last_send_at = self._wall_clock()
        try:
            item = self._client.send(
                "get_item",
                _item_of_read,
                TableName=self._table_name,
                Key=_KEY,
                ConsistentRead=True,
            )
        except OutcomeUnknown as unanswered:
            # A read changes nothing, so it can be repeated.
            raise Unavailable(str(unanswered), transient=True) from unanswered
        if item is None:
            raise self._not_seeded()
        return item

    def read_index(self) -> int:
        """Return the stored index with a strongly consistent read.

        Raises:
            Unavailable: Also if there is no item or it holds no valid index.
        """
        return self.require_index(self.read())

    def move(self, movement: Movement, stamp: WriteStamp | None = None) -> int:
        """Apply `movement` in one conditional write and return the index that it produced.

        Args:
            movement: How far to move, and from which indexes.
            stamp: The writer's stamp to check and store, if it has an entry in the item.

        Raises:
            ConditionFailed: The stored index is outside the movement's bounds or no number, or
                the stamp's number has been passed, or there is no item.
        """
        produced = ":net" if movement.restart else "#value + :net"
        names = {"#value": INDEX_NAME}
        values = {":net": _number(movement.net)}
        update = f"SET #value = {produced}"
        if movement.restart:
            names["#key"] = KEY_NAME
            condition = "attribute_exists(#key)"
        else:
            condition = "#value >= :lowest AND #value <= :highest"
            values[":lowest"] = _number(movement.lowest)
            values[":highest"] = _number(movement.highest)
        if stamp:
            update += f", #number = :number, #index = {produced}"
            condition += " AND #number < :first"
            names |= {"#number": stamp.names.of_number, "#index": stamp.names.of_index}
            values |= {":number": _number(stamp.number), ":first": _number(stamp.first)}
        stored = self._update(
            _attributes_with_index,
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            ReturnValues="UPDATED_NEW",
        )
        if parse_index(stored) is None:
            self._move_back(stored[INDEX_NAME]["N"], movement.net)
        return self.require_index(stored)

    def _move_back(self, moved: str, net: int) -> None:
        """Undo a move of a stored fraction, which no condition can tell from a whole number."""
        try:
            self._update(
                _attributes,
                UpdateExpression="SET #value = :before",
                ConditionExpression="#value = :moved",
                ExpressionAttributeNames={"#value": INDEX_NAME},
                ExpressionAttributeValues={
                    ":before": {"N": str(_DYNAMODB_NUMBERS.subtract(Decimal(moved), net))},
                    ":moved": {"N": moved},
                },
            )
        except (ConditionFailed, Unavailable) as failed:
            raise OutcomeUnknown("a fraction moved and could not be moved back") from failed

    def fence(self, stamp: WriteStamp) -> Item:
        """Raise the writer's number past its earlier writes, move nothing, return the item.

        Raises:
            ConditionFailed: An earlier write was applied, or the writer has no entry.
        """

        def read(answer: Any) -> Item:
            item = _attributes(answer)
            if parse_number(item, stamp.names.of_number) != stamp.number:
                raise ValueError("the answer does not hold the fence's number")
            return item

        return self._update(
            read,
            UpdateExpression="SET #number = :number",
            ConditionExpression="#number < :first",
            ExpressionAttributeNames={"#number": stamp.names.of_number},
            ExpressionAttributeValues={
                ":number": _number(stamp.number),
                ":first": _number(stamp.first),
            },
            ReturnValues="ALL_NEW",
        )

    def change_writers(
        self, item: Item, *, join: WriterNames | None, remove: Mapping[WriterNames, str | None]
    ) -> None:
        """Add and remove writers' entries in one write that moves nothing.

        Args:
            item: The item as it was read.
            join: The entry to add, with number 0; None to add none.
            remove: Entries to remove: each only if its stored number is still the one given, or
                in any case for None.

        Raises:
            Unavailable: Also if an entry changed or another writer joined meanwhile, or there is
                no item. Nothing was changed.
        """
        names, conditions, update = {"#key": KEY_NAME}, ["attribute_exists(#key)"], ""
        values: dict[str, dict[str, str]] = {}
        if join:
            joins = parse_number(item, JOINS_NAME) or 0
            names |= {"#number": join.of_number, "#index": join.of_index, "#joins": JOINS_NAME}
            values |= {":zero": _number(0), ":joins": _number(joins), ":more": _number(joins + 1)}
            conditions += [
                "attribute_not_exists(#number)",
                "(attribute_not_exists(#joins) OR #joins = :joins)",
            ]
            update = "SET #number = :zero, #index = :zero, #joins = :more"
        for position, (entry, number) in enumerate(remove.items()):
            names |= {f"#n{position}": entry.of_number, f"#i{position}": entry.of_index}
            if number is not None:
                values[f":n{position}"] = {"N": number}
                conditions.append(f"#n{position} = :n{position}")
        if remove:
            removed = (f"#n{position}, #i{position}" for position in range(len(remove)))
            update += " REMOVE " + ", ".join(removed)
        try:
            self._update(
                _attributes,
                UpdateExpression=update,
                ConditionExpression=" AND ".join(conditions),
                ExpressionAttributeNames=names,
                **({"ExpressionAttributeValues": values} if values else {}),
            )
        except ConditionFailed as failed:
            if failed.item is None:
                raise self._not_seeded() from failed
            raise Unavailable("the writers' entries changed meanwhile", transient=True) from failed

    def seed(self) -> None:
        """Create the counter at 0 if it does not exist."""
        self._update(
            _attributes,
            UpdateExpression="SET #value = if_not_exists(#value, :zero)",
            ExpressionAttributeNames={"#value": INDEX_NAME},
            ExpressionAttributeValues={":zero": _number(0)},
        )

    def _update(self, read: Callable[[Any], Item], **expressions: Any) -> Item:
        # A clock that was set back says as little as one that was set forward.
        if abs(self._wall_clock() - self._last_send_at) > _LONGEST_IDLE_SECONDS:
            self._client.close_connections()
        self._last_send_at = self._wall_clock()
        return self._client.send(
            "update_item",
            read,
            TableName=self._table_name,
            Key=_KEY,
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **expressions,
        )

    def require_index(self, item: Item | None) -> int:
        """Return the index in `item`.

        Raises:
            Unavailable: There is no item, or it holds no valid index.
        """
        if item is None:
            raise self._not_seeded()
        index = parse_index(item)
        if index is None:
            raise Unavailable(f"the counter in table {self._table_name} holds no valid index")
        return index

    def _not_seeded(self) -> Unavailable:
        return Unavailable(f"table {self._table_name} is not seeded: it has no counter")


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _attributes(answer: Any) -> Item:
    return as_item(answer.get("Attributes", {}))


def _attributes_with_index(answer: Any) -> Item:
    attributes = _attributes(answer)
    as_decimal(attributes[INDEX_NAME])
    return attributes


def _item_of_read(answer: Any) -> Item | None:
    if "Item" in answer:
        return as_item(answer["Item"])
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    if headers.get("content-length") != _EMPTY_ANSWER_LENGTH:
        # botocore takes a connection that was lost within the body for the body's end.
        raise EOFError("the answer was cut short")
    return None
