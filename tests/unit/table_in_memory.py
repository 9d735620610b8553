"""The counter's item in memory, behind a network that the test directs, send by send.

It takes what `CounterRepository` really sends and evaluates its expressions, as much of DynamoDB's
language as those use, so that what is tested is the very condition that DynamoDB will see.
"""

import operator
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError
from fibcore.dynamodb.item import INDEX_NAME, KEY_NAME, KEY_VALUE, Item
from fibcore.dynamodb.repository import CounterRepository

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">=": operator.ge,
}
_NOTHING = {"ResponseMetadata": {"HTTPHeaders": {"content-length": "2"}}}
_FUNCTION = re.compile(r"(\w+)\((.*)\)")


class Fate(Enum):
    """What becomes of one send."""

    ANSWERED = "applied where its condition holds, and answered"
    THROTTLED = "refused, and not applied"
    LOST = "never arrived, and unanswered"
    UNANSWERED = "applied where its condition holds, and unanswered"
    LATE = "unanswered, and delivered at some later time"
    DOUBLED = "arrives twice, and the second is answered"
    DOUBLED_AND_THROTTLED = "arrives twice, and the second is throttled"
    DOUBLED_AND_DENIED = "arrives twice, and the second is denied"
    DOUBLED_LATE_AND_THROTTLED = "throttled, and a copy of it is delivered later"
    DENIED = "denied, and not applied"


class Refused(ClientError):
    """DynamoDB's refusal of one call."""

    def __init__(self, code: str, **more: Any) -> None:
        answer: Any = {
            "Error": {"Code": code},
            "ResponseMetadata": {"HTTPStatusCode": 400},
            **more,
        }
        super().__init__(answer, "call")


class _Call:
    """One call: its expressions, on the item as it finds it."""

    def __init__(self, item: dict[str, Mapping[str, Any]], parameters: dict[str, Any]) -> None:
        self._item = item
        self._names: dict[str, str] = parameters.get("ExpressionAttributeNames", {})
        self._values: dict[str, Any] = parameters.get("ExpressionAttributeValues", {})

    def holds(self, condition: str) -> bool:
        return all(self._term_holds(term) for term in condition.split(" AND ") if term)

    def update(self, expression: str) -> dict[str, Mapping[str, Any]]:
        """Do it, and return the attributes that it set."""
        sets, _, removes = expression.partition("REMOVE ")
        new = {}
        for clause in re.split(r", (?=#)", sets.removeprefix("SET ").strip()):
            name, _, value = clause.partition(" = ")
            if name:
                new[self._names[name]] = self._value(value)
        for name in filter(None, removes.split(", ")):
            self._item.pop(self._names[name], None)
        self._item.update(new)
        return new

    def _term_holds(self, term: str) -> bool:
        if term.startswith("("):
            return any(self._term_holds(either) for either in term[1:-1].split(" OR "))
        if function := _FUNCTION.fullmatch(term):
            exists = self._operand(function[2]) is not None
            return exists is (function[1] == "attribute_exists")
        left, compared, right = term.split(" ")
        operands = [_number(self._operand(operand)) for operand in (left, right)]
        return None not in operands and _COMPARED[compared](*operands)

    def _value(self, expression: str) -> Mapping[str, Any]:
        if function := _FUNCTION.fullmatch(expression):
            name, default = function[2].split(", ")
            return self._operand(name) or self._operand(default) or {}
        operands = [_number(self._operand(operand)) for operand in expression.split(" + ")]
        if None in operands:
            raise Refused("ValidationException")
        return {"N": str(sum(operand or 0 for operand in operands))}

    def _operand(self, name: str) -> Mapping[str, Any] | None:
        return self._values[name] if name[0] == ":" else self._item.get(self._names[name])


def _number(value: Mapping[str, Any] | None) -> Decimal | None:
    return Decimal(value["N"]) if value and "N" in value else None


class TableInMemory(CounterRepository):
    """A `CounterRepository` whose client is itself: it takes and answers what is sent.

    Attributes:
        item: The item; None where there is none.
        late: Sends still on their way.
        sends: How many went out.
    """

    def __init__(self, index: int, next_fate: Callable[[], Fate]) -> None:
        self.meta = SimpleNamespace(config=SimpleNamespace(read_timeout=1), events=self)
        super().__init__(
            self,  # type: ignore[arg-type]
            "in-memory",
            run_within=lambda call, _: call(),
            wall_clock=lambda: 0,
        )
        self.item: dict[str, Mapping[str, Any]] | None = {
            KEY_NAME: {"S": KEY_VALUE},
            INDEX_NAME: {"N": str(index)},
        }
        self.late: list[Callable[[], Any]] = []
        self.sends = 0
        self._next_fate = next_fate

    def deliver(self, position: int) -> None:
        """Let one late send arrive."""
        with suppress(Refused):
            self.late.pop(position)()

    def register(self, _: str, note_sent: Callable[[], None]) -> None:
        """Take the handler that is called before each send, as botocore's events do."""
        self._note_sent = note_sent

    def close(self) -> None:
        """Close no connection, as there is none."""

    def get_item(self, **_: Any) -> dict[str, Any]:
        """Do a `GetItem`."""
        return self._through_the_network(
            lambda: _NOTHING if self.item is None else {"Item": dict(self.item)}
        )

    def update_item(self, **parameters: Any) -> dict[str, Item]:
        """Do an `UpdateItem`."""
        return self._through_the_network(lambda: self._apply(parameters))

    def _apply(self, parameters: dict[str, Any]) -> dict[str, Item]:
        item = dict(self.item or {})
        call = _Call(item, parameters)
        if not call.holds(parameters.get("ConditionExpression", "")):
            raise Refused(
                "ConditionalCheckFailedException", **({"Item": self.item} if self.item else {})
            )
        new = call.update(parameters["UpdateExpression"])
        self.item = item
        returned = {"ALL_NEW": item, "UPDATED_NEW": new}.get(parameters.get("ReturnValues", ""))
        return {"Attributes": dict(returned)} if returned else {}

    def _through_the_network(self, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        self.sends += 1
        self._note_sent()
        fate = self._next_fate()
        if fate in _DELIVERED_LATER:
            self.late.append(call)
        if fate in _DELIVERED_BEFORE:
            with suppress(Refused):
                call()
        if fate in _ANSWERED:
            return call()
        if code := _REFUSED.get(fate):
            raise Refused(code)
        raise ReadTimeoutError(endpoint_url="in-memory")


_DELIVERED_LATER = {Fate.LATE, Fate.DOUBLED_LATE_AND_THROTTLED}
_DELIVERED_BEFORE = {
    Fate.UNANSWERED,
    Fate.DOUBLED,
    Fate.DOUBLED_AND_THROTTLED,
    Fate.DOUBLED_AND_DENIED,
}
_ANSWERED = {Fate.ANSWERED, Fate.DOUBLED}
_REFUSED = {
    Fate.THROTTLED: "ThrottlingException",
    Fate.DOUBLED_AND_THROTTLED: "ThrottlingException",
    Fate.DOUBLED_LATE_AND_THROTTLED: "ThrottlingException",
    Fate.DENIED: "AccessDeniedException",
    Fate.DOUBLED_AND_DENIED: "AccessDeniedException",
}
