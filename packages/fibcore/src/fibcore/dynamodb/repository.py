"""The counter in its table: what is read of its item and written to it, send by send."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any, Final

from fibcore.dynamodb.client import ConditionFailed, send
from fibcore.dynamodb.item import INDEX_NAME, KEY_NAME, KEY_VALUE, Item, parse_index
from fibcore.errors import OutcomeUnknown, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY: Final = {KEY_NAME: {"S": KEY_VALUE}}

_LENGTH_OF_NOTHING: Final = str(len("{}"))
"""The length of the answer to a read that finds no item."""

_DYNAMODB_NUMBERS: Final = Context(prec=50)  # DynamoDB's have 38 digits

_LONGEST_IDLE_SECONDS: Final = 5.0
"""A connection idle for longer is not used for a write: a load balancer may have dropped it
without a word, or AWS Lambda may have frozen the process since."""


@dataclass(frozen=True, slots=True)
class Movement:
    """What a write does to the stored index.

    Attributes:
        net: How far the index goes; from 0 where `restart` is set, else from where it is.
        restart: Whether the write sets the index, whatever it was.
        lowest: The least stored index that the write may find; no matter with `restart`.
        highest: The greatest stored index that the write may find; no matter with `restart`.
    """

    net: int
    restart: bool
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class WriteStamp:
    """What a write leaves of its writer in the item, so that it can apply only once.

    Attributes:
        number_name: The attribute with the number of the writer's last applied write.
        index_name: The attribute with the index that that write produced.
        first: The write applies only where the stored number is smaller than this.
        number: What it stores; at least `first`.
    """

    number_name: str
    index_name: str
    first: int
    number: int


class CounterRepository:
    """The one item, read and written by single sends.

    Every method raises `Unavailable` where the send surely did nothing, and those that write
    raise `OutcomeUnknown` where it may have.

    Args:
        client: From `create_client`, or one that likewise never retries.
        table_name: The table; it is not created here.
        wall_clock: Seconds; one that goes on while the process is frozen.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        *,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._wall_clock = wall_clock
        self._last_send_at = wall_clock()

    def read(self) -> Item:
        """Return the whole item, strongly consistent."""
        return self._get()

    def read_index(self) -> int:
        """Return the stored index, strongly consistent.

        Raises:
            Unavailable: Also where there is no item or it holds no sound index.
        """
        item = self._get(
            ProjectionExpression="#value", ExpressionAttributeNames={"#value": INDEX_NAME}
        )
        return self.require_index(item)

    def _get(self, **projection: Any) -> Item:
        try:
            answer = self._send(
                self._client.get_item,
                TableName=self._table_name,
                Key=_KEY,
                ConsistentRead=True,
                **projection,
            )
        except OutcomeUnknown as unanswered:
            # A read that went unanswered has changed nothing.
            raise Unavailable(str(unanswered), transient=True) from unanswered
        if "Item" not in answer:
            headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
            if headers.get("content-length") != _LENGTH_OF_NOTHING:
                # The connection was lost inside the body, which botocore takes for its end.
                raise Unavailable("DynamoDB's answer was cut short", transient=True)
            raise self.not_seeded()
        item: Item = answer["Item"]
        return item

    def move(self, movement: Movement, mark: WriteStamp | None = None) -> int:
        """Do `movement` in one conditional write and return the index that it produced.

        Args:
            movement: How far, and from which indexes.
            mark: The writer's mark to check and leave, if any.

        Raises:
            ConditionFailed: The stored index is outside the movement's bounds, or no number, or
                the mark's number has been passed, or there is no item.
        """
        produced = ":net" if movement.restart else "#value + :net"
        names = {"#value": INDEX_NAME}
        values = {":net": {"N": str(movement.net)}}
        update = f"SET #value = {produced}"
        if movement.restart:
            names["#key"] = KEY_NAME
            condition = "attribute_exists(#key)"
        else:
            condition = "#value >= :lowest AND #value <= :highest"
            values[":lowest"] = {"N": str(movement.lowest)}
            values[":highest"] = {"N": str(movement.highest)}
        if mark:
            update += f", #number = :number, #index = {produced}"
            condition += " AND #number < :first"
            names |= {"#number": mark.number_name, "#index": mark.index_name}
            values |= {
                ":number": {"N": str(mark.number)},
                ":first": {"N": str(mark.first)},
            }
        stored = self.update(
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            ReturnValues="UPDATED_NEW",
        )
        if INDEX_NAME not in stored:
            raise OutcomeUnknown("DynamoDB's answer can't be read")
        index = parse_index(stored)
        if index is None:
            try:
                self._put_back(stored[INDEX_NAME]["N"], movement.net)
            except (ConditionFailed, Unavailable) as failed:
                raise OutcomeUnknown("a fraction moved before it could be put back") from failed
            raise self.no_valid_index()
        return index

    def _put_back(self, moved: str, net: int) -> None:
        # No condition can tell a fraction from a whole number, so a fraction that someone
        # stored moves before we see it.
        self.update(
            UpdateExpression="SET #value = :before",
            ConditionExpression="#value = :moved",
            ExpressionAttributeNames={"#value": INDEX_NAME},
            ExpressionAttributeValues={
                ":before": {"N": str(_DYNAMODB_NUMBERS.subtract(Decimal(moved), net))},
                ":moved": {"N": moved},
            },
        )

    def add_entry(self, number_name: str, index_name: str) -> Item:
        """Give a writer its entry in the item, moving nothing, and return the item.

        Raises:
            Unavailable: Also where the entry is there already, or there is no item.
        """
        try:
            return self.update(
                UpdateExpression="SET #number = :zero, #index = :zero",
                ConditionExpression="attribute_exists(#key) AND attribute_not_exists(#number)",
                ExpressionAttributeNames={
                    "#key": KEY_NAME,
                    "#number": number_name,
                    "#index": index_name,
                },
                ExpressionAttributeValues={":zero": {"N": "0"}},
                ReturnValues="ALL_NEW",
            )
        except ConditionFailed as failed:
            if failed.item is None:
                raise self.not_seeded() from failed
            raise Unavailable("another writer has this entry", transient=True) from failed

    def remove_entry(self, number_name: str, index_name: str, number: str) -> None:
        """Take a writer's entry out of the item, if its number is still `number`."""
        with suppress(ConditionFailed):
            self.update(
                UpdateExpression="REMOVE #number, #index",
                ConditionExpression="#number = :number",
                ExpressionAttributeNames={"#number": number_name, "#index": index_name},
                ExpressionAttributeValues={":number": {"N": number}},
            )

    def fence(self, mark: WriteStamp) -> Item:
        """Raise the writer's number past its earlier writes, move nothing, return the item.

        Raises:
            ConditionFailed: An earlier write was applied, or the writer has no entry.
        """
        return self.update(
            UpdateExpression="SET #number = :number",
            ConditionExpression="#number < :first",
            ExpressionAttributeNames={"#number": mark.number_name},
            ExpressionAttributeValues={
                ":number": {"N": str(mark.number)},
                ":first": {"N": str(mark.first)},
            },
            ReturnValues="ALL_NEW",
        )

    def seed(self) -> None:
        """Put the counter at 0 where it is not there yet; one that is there stays as it is."""
        self.update(
            UpdateExpression="SET #value = if_not_exists(#value, :zero)",
            ExpressionAttributeNames={"#value": INDEX_NAME},
            ExpressionAttributeValues={":zero": {"N": "0"}},
        )

    def update(self, **expressions: Any) -> Item:
        """Send one `UpdateItem` of the item and return the attributes asked for, if any.

        Raises:
            ConditionFailed: With the item as it was found.
        """
        # Either way: a clock that was set back tells no more than one that went on.
        if abs(self._wall_clock() - self._last_send_at) > _LONGEST_IDLE_SECONDS:
            self._client.close()  # the next send opens a new connection
        answer = self._send(
            self._client.update_item,
            TableName=self._table_name,
            Key=_KEY,
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **expressions,
        )
        attributes: Item = answer.get("Attributes", {})
        return attributes

    def _send(self, operation: Callable[..., Any], **parameters: Any) -> Any:
        self._last_send_at = self._wall_clock()
        return send(operation, **parameters)

    def require_index(self, item: Item | None) -> int:
        """Return the index in `item`.

        Raises:
            Unavailable: There is no item, or it holds no sound index.
        """
        if item is None:
            raise self.not_seeded()
        index = parse_index(item)
        if index is None:
            raise self.no_valid_index()
        return index

    def not_seeded(self) -> Unavailable:
        """Return the failure for a table without the counter's item."""
        return Unavailable(f"table {self._table_name} is not seeded: it has no counter")

    def no_valid_index(self) -> Unavailable:
        """Return the failure for an item whose index is no whole number within bounds."""
        return Unavailable(f"the counter in table {self._table_name} holds no sound index")
