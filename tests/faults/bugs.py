"""Bugs put in on purpose. Each breaks a promise, and a test or a campaign has to find it.

A bug is a function that replaces something in a module of fibcore, in a process of its own: see
`with_bug`. It replaces objects and not source text, so that it survives most changes of the code.
A bug that has lost its place ends the process, with a line that says so.

This module imports nothing of fibcore, since processes import it before gevent has patched them.
"""

import functools
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
LOST = "has lost its place in fibcore: change it in tests/faults/bugs.py"
LOST_STATUS = 86
_HOOK = Path(__file__).with_name("bug_hook")
_UNBOUNDED = 10**9


class Bug(NamedTuple):
    """A bug and where it goes.

    Attributes:
        name: What it is called.
        module: The module after whose import it is put in.
        change: Puts it into the module.
    """

    name: str
    module: str
    change: Callable[[Any], None]


BUGS: dict[str, Bug] = {}


def bug(module: str) -> Callable[[Callable[[Any], None]], None]:
    """Register the decorated function as a bug that goes into a module of fibcore."""

    def register(change: Callable[[Any], None]) -> None:
        name = change.__name__.replace("_", "-")
        BUGS[name] = Bug(name, f"fibcore.{module}", change)

    return register


@contextmanager
def with_bug(name: str | None) -> Iterator[dict[str, str]]:
    """Yield the environment of processes that have the bug; an empty one for None."""
    if name is None:
        yield {}
    else:
        path = os.pathsep.join([str(_HOOK), str(ROOT)])
        yield {"PYTHONPATH": path, "FIB_TESTS_BUG": BUGS[name].name}


def put_in(bug: Bug, module: Any) -> None:
    """Put a bug into its module; end the process if it no longer fits."""
    try:
        bug.change(module)
    except Exception as failure:
        _end(f"{bug.name} {LOST}: {failure!r}")


def _end(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
    os._exit(LOST_STATUS)  # no worker or server can hide it


def _wrap(owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
    """Replace a method or function by `wrapper`, which gets it as its first argument."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args: Any, **more: Any) -> Any:
        return wrapper(original, *args, **more)

    setattr(owner, name, wrapped)


def _change_requests(
    client: Any, parameter: str, old: str, new: str, *, only: Callable[[Any], bool]
) -> None:
    """Replace a pattern in an expression of the requests that `only` picks."""

    def send(original: Any, self: Any, operation: str, read: Any, **parameters: Any) -> Any:
        if parameter in parameters and only(parameters):
            parameters[parameter], times = re.subn(old, new, parameters[parameter])
            if not times:
                _end(f"{old} {LOST}: it is not in {parameters[parameter]}")
        return original(self, operation, read, **parameters)

    _wrap(client.OneShotClient, "send", send)


def _is_stamped_move(parameters: Any) -> bool:
    return ":net" in parameters["ExpressionAttributeValues"] and ":first" in str(parameters)


def _is_bounded_move(parameters: Any) -> bool:
    return ":lowest" in parameters["ExpressionAttributeValues"]


def _is_join(parameters: Any) -> bool:
    return ":zero" in parameters.get("ExpressionAttributeValues", {}) and (
        "ConditionExpression" in parameters
    )


# The five rules of the writer.


@bug("dynamodb.writer_registry")
def rule_1_an_id_for_all(writer_registry: Any) -> None:
    """All writers have the same id, and take over the entry that is there."""
    names = writer_registry.WriterNames.for_id("shared")
    writer_registry.new_names = lambda: names
    _join_whoever_is_there()


def _join_whoever_is_there() -> None:
    _change_requests(
        sys.modules["fibcore.dynamodb.client"],
        "ConditionExpression",
        re.escape(" AND attribute_not_exists(#number)"),
        "",
        only=_is_join,
    )


@bug("dynamodb.client")
def rule_1_the_index_is_not_stored(client: Any) -> None:
    """The entry holds the index before the write instead of the one that it produced."""
    _change_requests(
        client, "UpdateExpression", "#index = .*", "#index = #value", only=_is_stamped_move
    )


@bug("dynamodb.writer_registry")
def rule_2_the_same_id_after_an_unanswered_join(writer_registry: Any) -> None:
    """A writer whose join was unanswered joins again under the same id."""

    def refresh(original: Any, self: Any) -> None:
        names = self.__dict__.setdefault("names_of_the_bug", draw())
        writer_registry.new_names = lambda: names
        self._unused_entries = []
        original(self)

    draw = writer_registry.new_names
    _wrap(writer_registry.WriterRegistry, "_refresh", refresh)
    _join_whoever_is_there()


@bug("dynamodb.client")
def rule_2_no_entry_required(client: Any) -> None:
    """A counting write applies without the writer's entry as well."""
    _change_requests(
        client,
        "ConditionExpression",
        "#number < :first",
        "(attribute_not_exists(#number) OR #number < :first)",
        only=_is_stamped_move,
    )


@bug("counter.batch")
def rule_3_each_plan_its_own_condition(batch: Any) -> None:
    """Each write of a batch only requires that its own number is larger."""
    _wrap(
        batch.Batch, "stamp", lambda _, self, names, number: batch.WriteStamp(names, number, number)
    )


@bug("counter.batch_writer")
def rule_3_one_number_for_all_plans(batch_writer: Any) -> None:
    """All writes of a batch have its first number."""

    def write(original: Any, self: Any, batch: Any) -> None:
        last = self._last_number
        if batch._first:
            self._last_number = batch._first - 1
        try:
            original(self, batch)
        finally:
            self._last_number = max(last, self._last_number)

    _wrap(batch_writer.BatchWriter, "_write", write)


@bug("counter.batch_writer")
def rule_3_a_refused_plan_is_forgotten(batch_writer: Any) -> None:
    """A write that DynamoDB refused is forgotten, as if no copy of it could have been applied."""

    def write(original: Any, self: Any, batch: Any) -> None:
        try:
            original(self, batch)
        except batch_writer.Refused:
            del batch._plans[self._last_number]
            batch.was_refused = batch.in_doubt = False
            raise

    _wrap(batch_writer.BatchWriter, "_write", write)


@bug("counter.batch_writer")
def rule_4_a_denied_write_is_unavailable(batch_writer: Any) -> None:
    """A write that DynamoDB denied is not fenced before its steps are told `unavailable`."""

    def write(original: Any, self: Any, batch: Any) -> None:
        try:
            original(self, batch)
        except batch_writer.Refused:
            batch.in_doubt = False
            raise

    _wrap(batch_writer.BatchWriter, "_write", write)


@bug("counter.batch_writer")
def rule_4_no_fence_before_a_refusal(batch_writer: Any) -> None:
    """After an unanswered write the writer plans again at once."""

    def fence(_: Any, self: Any, batch: Any) -> None:
        self._registry.refresh_if_due()
        self._write(batch)

    _wrap(batch_writer.BatchWriter, "_fence", fence)


@bug("counter.batch")
def rule_4_leaving_in_doubt_is_unavailable(batch: Any) -> None:
    """A step that leaves while its write is in doubt is told that it was not counted."""

    def leave(original: Any, self: Any, step: Any) -> None:
        in_doubt, self.in_doubt = self.in_doubt, False
        original(self, step)
        self.in_doubt = in_doubt

    _wrap(batch.Batch, "leave", leave)


@bug("dynamodb.writer_registry")
def rule_5_pruned_though_alive(writer_registry: Any) -> None:
    """An entry counts as stale after 0.2 s, and is removed even if it has changed since."""
    assert writer_registry.STALE_SECONDS
    writer_registry.STALE_SECONDS = 0.2
    _change_requests(
        sys.modules["fibcore.dynamodb.client"],
        "ConditionExpression",
        r"(#n\d+) = (:n\d+)",
        r"\1 >= \2",
        only=lambda parameters: ":n0" in parameters.get("ExpressionAttributeValues", {}),
    )


@bug("dynamodb.writer_registry")
def rule_5_no_limit(writer_registry: Any) -> None:
    """Every writer finds room in the item."""
    _wrap(writer_registry, "has_room", lambda *_: True)


# The bounds, the plan, the reads.


@bug("dynamodb.repository")
def bounds_before_the_write(repository: Any) -> None:
    """The bounds are checked by a read before the write."""

    def move(original: Any, self: Any, movement: Any, *stamp: Any) -> int:
        if not movement.restart:
            found = self.read()
            index = repository.parse_index(found)
            if index is None or not movement.lowest <= index <= movement.highest:
                raise repository.ConditionFailed(found)
        unbounded = replace(movement, lowest=-_UNBOUNDED, highest=_UNBOUNDED)
        moved: int = original(self, unbounded, *stamp)
        return moved

    _wrap(repository.CounterRepository, "move", move)


@bug("dynamodb.repository")
def no_lower_bound(repository: Any) -> None:
    """A write accepts any index from below."""
    _wrap(
        repository.CounterRepository,
        "move",
        lambda original, self, movement, *stamp: original(
            self, replace(movement, lowest=-_UNBOUNDED), *stamp
        ),
    )


@bug("dynamodb.repository")
def no_upper_bound(repository: Any) -> None:
    """A write accepts any index from above."""
    _wrap(
        repository.CounterRepository,
        "move",
        lambda original, self, movement, *stamp: original(
            self, replace(movement, highest=_UNBOUNDED), *stamp
        ),
    )


@bug("counter.batch")
def the_item_found_is_not_planned_from(batch: Any) -> None:
    """The index that came back with a failed condition is ignored."""
    _wrap(batch.Batch, "not_applied", lambda original, self, _: original(self, None))


@bug("counter.plan")
def a_reset_moves_by_the_net(plan: Any) -> None:
    """A batch with a reset leaves the index at 0, whatever else it has."""
    _wrap(
        plan,
        "Movement",
        lambda original, net, restart, lowest, highest: original(
            0 if restart else net, restart, lowest, highest
        ),
    )


@bug("dynamodb.client")
def eventually_consistent_read(client: Any) -> None:
    """Reads may return an old index."""

    def send(original: Any, self: Any, operation: str, read: Any, **parameters: Any) -> Any:
        if "ConsistentRead" in parameters:
            parameters["ConsistentRead"] = False
        return original(self, operation, read, **parameters)

    _wrap(client.OneShotClient, "send", send)


@bug("counter.batching")
def a_read_joins_one_in_flight(batching: Any) -> None:
    """A read's answer is also given to the reads that arrived while it was in flight."""

    def read_batch(original: Any, self: Any, batch: Any) -> None:
        resolve_all = batch.resolve_all

        def resolve_late_ones_too(index: int) -> None:
            resolve_all(index)
            late = self.reads._batches.pop()
            self.reads._batches.append(type(batch)(self.reads._lock))
            late.resolve_all(index)
            late.done.set()

        batch.resolve_all = resolve_late_ones_too
        original(self, batch)

    _wrap(batching.BatchingCounter, "_read_batch", read_batch)


@bug("counter.batch_writer")
def acknowledged_before_the_write(batch_writer: Any) -> None:
    """A batch is answered from a read, and written afterwards."""

    def write(_: Any, self: Any, batch: Any) -> None:
        self._last_number += 1
        number, names = self._last_number, self._registry.names
        plan = batch.plan_write(number, self._max_index)
        if plan is None or plan.movement is None:
            return
        index = 0 if plan.movement.restart else batch_writer.parse_index(self._repository.read())
        batch.answer(number, (index or 0) + plan.movement.net)
        batch.done.set()
        self._repository.move(plan.movement, batch.stamp(names, number) if names else None)

    _wrap(batch_writer.BatchWriter, "_write", write)


# The outcome of a call.


@bug("dynamodb.client")
def botocore_repeats_writes(client: Any) -> None:
    """botocore retries by itself."""
    _wrap(
        client,
        "Config",
        lambda original, **options: original(
            **options | {"retries": {"total_max_attempts": 4, "mode": "standard"}}
        ),
    )


@bug("dynamodb.client")
def a_proxy_error_means_not_sent(client: Any) -> None:
    """A connection that broke behind a proxy counts as never made."""

    def outcome(original: Any, error: Exception, **more: Any) -> Exception:
        if type(error).__name__ == "ProxyConnectionError":
            unavailable: Exception = client.Unavailable(str(error), transient=True)
            return unavailable
        found: Exception = original(error, **more)
        return found

    _wrap(client, "_outcome", outcome)


@bug("dynamodb.client")
def any_4xx_is_a_refusal(client: Any) -> None:
    """A 4xx counts as DynamoDB's own refusal, whoever answered it."""

    def answered(original: Any, error: Any) -> Exception:
        outcome: Exception = original(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if isinstance(outcome, client.OutcomeUnknown) and 400 <= status < 500:
            outcome = client.Refused(str(error), transient=True)
        return outcome

    _wrap(client, "_answered", answered)


@bug("dynamodb.client")
def not_sent_is_the_default(client: Any) -> None:
    """An error that is not known counts as never sent."""

    def outcome(original: Any, error: Exception, **more: Any) -> Exception:
        found: Exception = original(error, **more)
        if isinstance(found, client.OutcomeUnknown) and not isinstance(error, client.ClientError):
            found = client.Unavailable(str(error), transient=True)
        return found

    _wrap(client, "_outcome", outcome)


@bug("dynamodb.client")
def a_malformed_answer_raises(client: Any) -> None:
    """What goes wrong in reading an answer is raised as it is."""

    def outcome(original: Any, error: Exception, **more: Any) -> Exception:
        malformed = isinstance(error, KeyError | TypeError | ValueError | AttributeError)
        found: Exception = error if malformed else original(error, **more)
        return found

    _wrap(client, "_outcome", outcome)


@bug("dynamodb.client")
def a_slow_call_is_given_up(client: Any) -> None:
    """A call may take two fifths of the deadline, so a slow table answers nobody."""
    _wrap(
        client,
        "Config",
        lambda original, **options: original(
            **options | {"read_timeout": options["read_timeout"] * 2 / 3}
        ),
    )


@bug("dynamodb.client")
def a_call_has_no_time_limit(client: Any) -> None:
    """An answer that arrives byte by byte is waited for."""
    _wrap(
        client.OneShotClient,
        "__init__",
        lambda original, self, connection, _: original(self, connection, lambda call, _: call()),
    )


# The queue and its worker, and the writers' registry.


@bug("counter.batch_queue")
def a_second_worker(batch_queue: Any) -> None:
    """A client starts a worker where it finds none alive, and may be killed while it looks."""

    def wake_worker(_: Any, self: Any) -> None:
        worker = self.__dict__.get("worker")
        if worker is None or not worker.is_alive():
            with self._lock:
                worker = self.__dict__.get("worker")
                if worker is None or not worker.is_alive():
                    self.worker = threading.Thread(target=self._work, name=self._name, daemon=True)
                    self.worker.start()
        self._arrived.set()

    _wrap(batch_queue.BatchQueue, "_wake_worker", wake_worker)
    batch_queue.BatchQueue._is_working = property(lambda _: False, lambda *_: None)


@bug("counter.batch")
def a_killed_step_stays(batch: Any) -> None:
    """A step whose client is killed stays in its batch."""

    def leave(original: Any, self: Any, step: Any) -> None:
        if not isinstance(sys.exc_info()[1], BaseException) or isinstance(
            sys.exc_info()[1], Exception
        ):
            original(self, step)

    _wrap(batch.Batch, "leave", leave)


@bug("dynamodb.writer_registry")
def no_entry_for_a_minute_after_a_failure(writer_registry: Any) -> None:
    """A writer that could not join counts without an entry for a minute."""

    def refresh(original: Any, self: Any) -> None:
        try:
            original(self)
        except BaseException:
            self._refresh_at = self._clock() + writer_registry.STALE_SECONDS
            raise

    _wrap(writer_registry.WriterRegistry, "_refresh", refresh)


@bug("dynamodb.writer_registry")
def no_entry_for_a_minute_without_room(writer_registry: Any) -> None:
    """A writer that found no room looks again after a minute."""
    assert writer_registry._TRY_AGAIN_SECONDS
    writer_registry._TRY_AGAIN_SECONDS = writer_registry.STALE_SECONDS


@bug("counter.batch_queue")
def a_queue_of_a_thousand(batch_queue: Any) -> None:
    """A queue refuses the thousand-and-first step, whatever its limit."""
    _wrap(
        batch_queue.BatchQueue,
        "__init__",
        lambda original, self, serve, **options: original(
            self, serve, **options | {"limit": 1_000}
        ),
    )


@bug("dynamodb.repository")
def a_write_for_each_stale_entry(repository: Any) -> None:
    """Stale entries are removed one by one."""

    def change_writers(original: Any, self: Any, item: Any, *, join: Any, remove: Any) -> None:
        for entry, number in remove.items():
            original(self, item, join=None, remove={entry: number})
        if join:
            original(self, item, join=join, remove={})

    _wrap(repository.CounterRepository, "change_writers", change_writers)
