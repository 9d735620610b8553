"""Bugs in the rules of the writer."""

import re
import sys
from typing import Any

from tests.faults.bug import GREENLETS, HISTORIES, SIMULATION, bug, change_requests, wrap

_REPOSITORY_TESTS = "tests/repository/test_counter_repository.py"


def _is_stamped_move(parameters: Any) -> bool:
    return ":net" in parameters["ExpressionAttributeValues"] and ":first" in str(parameters)


def _is_join(parameters: Any) -> bool:
    return ":zero" in parameters.get("ExpressionAttributeValues", {}) and (
        "ConditionExpression" in parameters
    )


# The five rules of the writer.


@bug("fibcore.dynamodb.writer_registry", HISTORIES, "only forward", SIMULATION)
def rule_1_an_id_for_all(writer_registry: Any) -> None:
    """All writers have the same id, and take over the entry that is there."""
    names = writer_registry.WriterNames.for_id("shared")
    _join_under(writer_registry, lambda _: names)


@bug("fibcore.dynamodb.client", HISTORIES, "almost half of all writes unanswered", SIMULATION)
def rule_1_the_index_is_not_stored(client: Any) -> None:
    """The entry holds the index before the write instead of the one that it produced."""
    change_requests(
        client, "UpdateExpression", "#index = .*", "#index = #value", only=_is_stamped_move
    )


@bug("fibcore.dynamodb.writer_registry", HISTORIES, SIMULATION)
def rule_2_the_same_id_after_an_unanswered_join(writer_registry: Any) -> None:
    """A writer whose join was unanswered joins again under the same id."""
    draw = writer_registry.new_names

    def names_of(registry: Any) -> Any:
        return registry.__dict__.setdefault("names_of_the_bug", draw())

    _join_under(writer_registry, names_of)


@bug("fibcore.dynamodb.client", HISTORIES, "entries removed", SIMULATION)
def rule_2_no_entry_required(client: Any) -> None:
    """A counting write applies without the writer's entry as well."""
    change_requests(
        client,
        "ConditionExpression",
        "#number < :first",
        "(attribute_not_exists(#number) OR #number < :first)",
        only=_is_stamped_move,
    )


@bug(
    "fibcore.counter.exactly_once_writer",
    HISTORIES,
    "almost half of all writes unanswered",
    SIMULATION,
)
def rule_3_each_plan_its_own_condition(exactly_once_writer: Any) -> None:
    """Each write of a batch only requires that its own number is larger."""
    wrap(
        exactly_once_writer,
        "WriteStamp",
        lambda original, names, _first, number: original(names, number, number),
    )


@bug("fibcore.counter.exactly_once_writer", HISTORIES, SIMULATION)
def rule_3_one_number_for_all_plans(exactly_once_writer: Any) -> None:
    """All writes of a batch have its first number."""

    def write(original: Any, self: Any, batch: Any) -> None:
        last = self._last_number
        if batch.plans:
            self._last_number = min(batch.plans) - 1
        try:
            original(self, batch)
        finally:
            self._last_number = max(last, self._last_number)

    wrap(exactly_once_writer.ExactlyOnceWriter, "_write", write)


@bug(
    "fibcore.counter.exactly_once_writer",
    HISTORIES,
    GREENLETS,
    "writes that arrive twice",
    SIMULATION,
)
def rule_3_a_refused_plan_is_forgotten(exactly_once_writer: Any) -> None:
    """A throttled write is forgotten, as if no copy of it could have been applied."""

    def write(original: Any, self: Any, batch: Any) -> None:
        try:
            original(self, batch)
        except exactly_once_writer.Refused:
            batch.plans.pop(self._last_number, None)
            batch.was_refused = False
            raise

    wrap(exactly_once_writer.ExactlyOnceWriter, "_write", write)


@bug("fibcore.counter.exactly_once_writer", HISTORIES, "writes that arrive twice", SIMULATION)
def rule_4_a_denied_write_is_unavailable(exactly_once_writer: Any) -> None:
    """A write that DynamoDB denied is not fenced before its steps are answered `unavailable`."""

    def fence(original: Any, self: Any, batch: Any, names: Any) -> None:
        if batch.was_refused:
            batch.in_doubt.clear()
            batch.was_refused = False
            raise exactly_once_writer.Unavailable("denied")
        original(self, batch, names)

    wrap(exactly_once_writer.ExactlyOnceWriter, "_fence", fence)


@bug(
    "fibcore.counter.exactly_once_writer",
    HISTORIES,
    "almost half of all writes unanswered",
    SIMULATION,
)
def rule_4_no_fence_before_a_refusal(exactly_once_writer: Any) -> None:
    """A batch is refused although a write with its steps may still be applied."""

    def fence(original: Any, self: Any, batch: Any, names: Any) -> None:
        plan = batch.plan_write(self._last_number, self._max_index)
        if plan and plan.movement is None:
            batch.answer(plan, 0)
        else:
            original(self, batch, names)

    wrap(exactly_once_writer.ExactlyOnceWriter, "_fence", fence)


@bug("fibcore.counter.batch", HISTORIES, "almost half of all writes unanswered", SIMULATION)
def rule_4_leaving_in_doubt_is_unavailable(batch: Any) -> None:
    """A step that leaves while its write is in doubt is told that it was not counted."""

    def leave(original: Any, self: Any, step: Any) -> None:
        in_doubt, self.in_doubt = self.in_doubt, set()
        original(self, step)
        self.in_doubt = in_doubt

    wrap(batch.Batch, "leave", leave)


@bug("fibcore.dynamodb.client", f"{_REPOSITORY_TESTS}::test_entry_is_removed_only_unchanged")
def rule_5_pruned_though_alive(client: Any) -> None:
    """An entry is removed even if it has changed since it was seen."""
    change_requests(
        client,
        "ConditionExpression",
        r"(#n\d+) = (:n\d+)",
        r"(\1 >= \2 OR \1 < \2)",
        only=lambda parameters: ":n0" in parameters.get("ExpressionAttributeValues", {}),
    )


@bug("fibcore.dynamodb.writer_registry", "no room for writers")
def rule_5_no_limit(writer_registry: Any) -> None:
    """Every writer finds room in the item."""
    wrap(writer_registry, "has_room", lambda *_: True)


def _join_under(writer_registry: Any, names_of: Any) -> None:
    """Let writers join under chosen names, and take over an entry of these names."""

    def refresh(original: Any, self: Any) -> Any:
        names = names_of(self)
        writer_registry.new_names = lambda: names
        self._own_entries.clear()
        return original(self)

    wrap(writer_registry.WriterRegistry, "_refresh", refresh)
    change_requests(
        sys.modules["fibcore.dynamodb.client"],
        "ConditionExpression",
        re.escape(" AND attribute_not_exists(#number)"),
        "",
        only=_is_join,
    )
