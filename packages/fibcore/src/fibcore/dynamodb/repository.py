"""The counter in its DynamoDB table: every read and write of the one item."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fibcore.dynamodb.client import OneShotClient
from fibcore.dynamodb.error_classification import ConditionFailed
from fibcore.dynamodb.item import (
    INDEX_NAME,
    JOINS_NAME,
    KEY_NAME,
    KEY_VALUE,
    Item,
    Movement,
    WriterNames,
    WriteStamp,
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

_LONGEST_IDLE_SECONDS: Final = 5.0
"""If no request was sent for this long, idle connections are closed before the next request. A load
balancer may have dropped them silently, or AWS Lambda may have frozen the process in between."""


class CounterRepository:
    """Reads and writes the counter's item. No method repeats a request.

    `Unavailable`, but not its subclass `Refused`, means that no change remains: the request was not
    carried out, or it was undone, or it was a read. `OutcomeUnknown`: a write may be applied.

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
        self._close_idle_connections = client.close
        self._client = OneShotClient(client, run_within)
        self._table_name = table_name
        self._wall_clock = wall_clock
        self._last_send_at = wall_clock()

    def read(self, **projection: Any) -> Item:
        """Read the item, or a projection that includes its key, with strong consistency."""
        try:
            item = self._send("get_item", _item_of_read, ConsistentRead=True, **projection)
        except OutcomeUnknown as unanswered:
            # A read changes nothing, so it can be repeated.
            raise Unavailable(str(unanswered), transient=True) from unanswered
        return self._require_item(item)

    def read_index(self) -> int:
        """Read the item and return its index, or raise as `require_index` does."""
        names = {"#value": INDEX_NAME, "#key": KEY_NAME}
        item = self.read(ProjectionExpression="#value, #key", ExpressionAttributeNames=names)
        return self.require_index(item)

    def move(self, movement: Movement, stamp: WriteStamp | None = None) -> int:
        """Apply `movement` in one conditional write and return the index that it produced.

        Args:
            movement: How far to move, and from which indexes.
            stamp: The stamp to check and store; None if the writer has no entry in the item.

        Raises:
            ConditionFailed: The stored index is no number within the movement's bounds, or the
                writer has no entry with a number below `stamp.first`, or there is no item.
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
            partial(_attributes, stamp=stamp, index=True),
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            ReturnValues="UPDATED_NEW",
        )
        if parse_index(stored) is None:
            self._move_back(stored[INDEX_NAME], movement.net)
        return self.require_index(stored)

    def _move_back(self, moved: Mapping[str, Any], net: int) -> None:
        """Undo a move of a fractional index. No DynamoDB condition can require a whole number."""
        try:
            self._update(
                _attributes,
                UpdateExpression="SET #value = #value + :back",
                ConditionExpression="#value = :moved",
                ExpressionAttributeNames={"#value": INDEX_NAME},
                ExpressionAttributeValues={":back": _number(-net), ":moved": moved},
            )
        except (ConditionFailed, Unavailable) as failed:
            raise OutcomeUnknown(
                "the stored index is not a whole number, and a write moved it: reset the counter"
            ) from failed

    def fence(self, stamp: WriteStamp) -> Item:
        """Raise the writer's stored number past its earlier writes, and return the item.

        The index does not move, and no earlier write can apply any more.

        Raises:
            ConditionFailed: The stored number is at least `stamp.first`, or there is no entry.
        """
        return self._update(
            partial(_attributes, stamp=stamp),
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
        self, item: Item, *, join: WriterNames | None, remove: Mapping[WriterNames, int]
    ) -> None:
        """Add and remove writers' entries in one write that moves nothing.

        Args:
            item: The item as it was read.
            join: The entry to add, with number 0; None to add none.
            remove: Entries to remove, each with the number that was read. If one of them has
                changed, the write changes nothing.

        Raises:
            Unavailable: The write was not carried out, an entry to remove has changed, or another
                writer joined first.
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
            values[f":n{position}"] = _number(number)
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
                ExpressionAttributeValues=values,
            )
        except ConditionFailed as failed:
            self._require_item(failed.item)
            raise Unavailable("another process changed the entries", transient=True) from failed

    def seed(self) -> None:
        """Create the counter at 0 if it does not exist."""
        self._update(
            _attributes,
            UpdateExpression="SET #value = if_not_exists(#value, :zero)",
            ExpressionAttributeNames={"#value": INDEX_NAME},
            ExpressionAttributeValues={":zero": _number(0)},
        )

    def _update(self, read: Callable[[Any], Item], **expressions: Any) -> Item:
        on_failure = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        return self._send("update_item", read, **on_failure, **expressions)

    def _send(self, operation: str, read: Callable[[Any], Item], **parameters: Any) -> Item:
        # Connections were idle for long, or the clock was set back and does not tell for how long.
        if abs(self._wall_clock() - self._last_send_at) > _LONGEST_IDLE_SECONDS:
            self._close_idle_connections()
        self._last_send_at = self._wall_clock()
        table = {"TableName": self._table_name, "Key": _KEY}
        return self._client.send(operation, read, **table, **parameters)

    def require_index(self, item: Item) -> int:
        """Return the index in `item`.

        Raises:
            Unavailable: There is no item, or it holds no valid index.
        """
        index = parse_index(self._require_item(item))
        if index is None:
            raise Unavailable(f"table {self._table_name} holds no valid index: reset the counter")
        return index

    def _require_item(self, item: Item) -> Item:
        if not item:
            raise Unavailable(f"table {self._table_name} is not seeded: it has no counter")
        return item


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _attributes(answer: Any, stamp: WriteStamp | None = None, *, index: bool = False) -> Item:
    attributes = as_item(answer.get("Attributes", {}))
    if index:
        as_decimal(attributes[INDEX_NAME])
    if stamp and parse_number(attributes, stamp.names.of_number) != stamp.number:
        raise ValueError("the answer does not contain the number of the write")
    return attributes


def _item_of_read(answer: Any) -> Item:
    if "Item" in answer:
        return as_item(answer["Item"])
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    if headers.get("content-length") != str(len("{}")):
        # If the connection breaks within the body, botocore takes that for the body's end.
        raise EOFError("the answer was cut short")
    return {}
