from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fibcore import Settings
from fibcore.counter.simple import SimpleCounter
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.error_classification import ConditionFailed
from fibcore.dynamodb.item import INDEX_NAME, KEY_NAME, KEY_VALUE, Movement, WriterNames, WriteStamp
from fibcore.dynamodb.repository import CounterRepository
from fibcore.errors import BeforeStart, PastEnd, Unavailable
from local_stack.table import create_and_seed

from tests.processes import free_port

FORWARD = Movement(net=1, restart=False, lowest=0, highest=99)
NAMES = WriterNames.for_id("writer")
STAMP = WriteStamp(NAMES, first=1, number=1)


@pytest.fixture(scope="module")
def settings(new_table: Callable[..., Settings]) -> Settings:
    return new_table()


@pytest.fixture
def table(settings: Settings) -> CounterRepository:
    """The table, with the counter at 7."""
    put(settings, {"N": "7"})
    return CounterRepository(create_client(settings, connections=8), settings.table_name)


def put(settings: Settings, value: dict[str, str] | None, **more: Any) -> None:
    item: dict[str, Any] = {KEY_NAME: {"S": KEY_VALUE}, **more}
    if value:
        item[INDEX_NAME] = value
    create_client(settings).put_item(TableName=settings.table_name, Item=item)


def plain(table: CounterRepository, *, max_index: int = 100) -> SimpleCounter:
    return SimpleCounter(table, max_index=max_index, deadline_seconds=1)


def test_client_sends_each_request_once() -> None:
    settings = Settings.from_environ({"COUNTER_TABLE_NAME": "t", "AWS_REGION": "us-east-1"})
    config = create_client(settings).meta.config
    assert config.retries == {"total_max_attempts": 1, "mode": "standard"}  # type: ignore[attr-defined]


def test_every_read_is_strongly_consistent(settings: Settings) -> None:
    put(settings, {"N": "7"})
    sent: list[dict[str, Any]] = []
    client = create_client(settings)
    client.meta.events.register(
        "provide-client-params.dynamodb.GetItem", lambda params, **_: sent.append(params)
    )
    table = CounterRepository(client, settings.table_name)
    table.read()
    table.read_index()
    assert [params["ConsistentRead"] for params in sent] == [True, True]


def test_seeding_starts_at_0_and_never_resets(settings: Settings, table: CounterRepository) -> None:
    create_and_seed(settings)
    assert table.read_index() == 7
    create_client(settings).delete_item(
        TableName=settings.table_name, Key={KEY_NAME: {"S": KEY_VALUE}}
    )
    table.seed()
    assert table.read_index() == 0


def test_write_returns_the_index_it_produced(table: CounterRepository) -> None:
    assert table.move(FORWARD) == 8
    assert table.move(Movement(net=-3, restart=False, lowest=3, highest=100)) == 5
    assert table.move(Movement(net=2, restart=True, lowest=0, highest=0)) == 2


@pytest.mark.parametrize(
    "movement",
    [
        Movement(net=1, restart=False, lowest=8, highest=100),
        Movement(net=1, restart=False, lowest=0, highest=6),
    ],
)
def test_write_outside_its_bounds_returns_the_item(
    table: CounterRepository, movement: Movement
) -> None:
    with pytest.raises(ConditionFailed) as failed:
        table.move(movement)
    assert failed.value.item is not None
    assert failed.value.item[INDEX_NAME] == {"N": "7"}
    assert table.read_index() == 7


def test_stamped_write_stores_number_and_index(table: CounterRepository) -> None:
    table.change_writers(table.read(), join=NAMES, remove={})
    table.move(FORWARD, STAMP)
    item = table.read()
    assert (item["n.writer"], item["i.writer"]) == ({"N": "1"}, {"N": "8"})


def test_stamped_write_applies_only_once(table: CounterRepository) -> None:
    table.change_writers(table.read(), join=NAMES, remove={})
    table.move(FORWARD, STAMP)
    with pytest.raises(ConditionFailed):
        table.move(FORWARD, STAMP)
    assert table.read_index() == 8


def test_stamped_write_requires_the_entry(table: CounterRepository) -> None:
    with pytest.raises(ConditionFailed):
        table.move(FORWARD, STAMP)
    restart = Movement(net=0, restart=True, lowest=0, highest=0)
    with pytest.raises(ConditionFailed):
        table.move(restart, STAMP)
    assert table.read_index() == 7


def test_fence_rules_out_earlier_writes(table: CounterRepository) -> None:
    table.change_writers(table.read(), join=NAMES, remove={})
    item = table.fence(WriteStamp(NAMES, first=1, number=2))
    assert item[INDEX_NAME] == {"N": "7"}
    with pytest.raises(ConditionFailed):
        table.move(FORWARD, STAMP)


def test_entry_is_not_added_twice(table: CounterRepository) -> None:
    table.change_writers(table.read(), join=NAMES, remove={})
    with pytest.raises(Unavailable):
        table.change_writers(table.read(), join=NAMES, remove={})


def test_entry_is_removed_only_unchanged(table: CounterRepository) -> None:
    table.change_writers(table.read(), join=NAMES, remove={})
    with pytest.raises(Unavailable):
        table.change_writers(table.read(), join=None, remove={NAMES: 5})
    assert NAMES.of_number in table.read()
    table.change_writers(table.read(), join=None, remove={NAMES: 0})
    assert not set(NAMES).intersection(table.read())


def test_joins_at_the_same_moment_succeed_once(table: CounterRepository) -> None:
    seen = table.read()
    table.change_writers(seen, join=NAMES, remove={})
    other = WriterNames.for_id("other1")
    with pytest.raises(Unavailable):
        table.change_writers(seen, join=other, remove={})
    table.change_writers(table.read(), join=other, remove={})
    assert {*NAMES, *other} <= set(table.read())


def test_other_attributes_stay(settings: Settings, table: CounterRepository) -> None:
    put(settings, {"N": "7"}, note={"S": "ours"})
    table.move(FORWARD)
    table.move(Movement(net=0, restart=True, lowest=0, highest=0))
    table.seed()
    assert table.read()["note"] == {"S": "ours"}


@pytest.mark.parametrize(
    "value", [None, {"S": "7"}, {"N": "-1"}, {"N": "10000001"}, {"N": "1.5"}, {"N": "1" + "0" * 30}]
)
def test_reset_repairs_an_invalid_index(
    settings: Settings, table: CounterRepository, value: dict[str, str] | None
) -> None:
    put(settings, value)
    counter = plain(table)
    for ask in (counter.current, counter.next, counter.previous):
        with pytest.raises(Unavailable, match="no valid index"):
            ask()
    left = table.read().get(INDEX_NAME)
    assert left == value
    assert counter.reset() == 0


def test_threads_never_pass_a_bound(table: CounterRepository) -> None:
    counter = plain(table, max_index=20)

    def step(turn: int) -> int | type[Exception]:
        try:
            return counter.next() if turn % 3 else counter.previous()
        except (PastEnd, BeforeStart) as refused:
            return type(refused)

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(step, range(120)))
    assert PastEnd in outcomes
    assert all(0 <= outcome <= 20 for outcome in outcomes if isinstance(outcome, int))


def test_refusal_carries_the_index_found(table: CounterRepository) -> None:
    with pytest.raises(PastEnd) as past_end:
        plain(table, max_index=7).next()
    assert past_end.value.index == 7
    table.move(Movement(net=0, restart=True, lowest=0, highest=0))
    with pytest.raises(BeforeStart) as before_start:
        plain(table).previous()
    assert before_start.value.index == 0


def test_index_above_the_highest_can_be_left(
    table: CounterRepository,
) -> None:
    counter = plain(table, max_index=3)
    assert counter.current() == 7
    assert counter.previous() == 6
    with pytest.raises(PastEnd):
        counter.next()
    assert counter.reset() == 0


def test_refused_connection_is_unavailable(settings: Settings) -> None:
    nowhere = Settings.from_environ(
        {
            "COUNTER_TABLE_NAME": settings.table_name,
            "AWS_REGION": settings.region,
            "AWS_ENDPOINT_URL_DYNAMODB": f"http://localhost:{free_port()}",
            "FIB_DEADLINE_SECONDS": "0.5",
        }
    )
    table = CounterRepository(create_client(nowhere), nowhere.table_name)
    with pytest.raises(Unavailable) as refused:
        table.move(FORWARD)
    assert refused.value.transient


def test_write_after_idle_time_opens_a_connection(settings: Settings) -> None:
    put(settings, {"N": "7"})
    now = [0.0]
    table = CounterRepository(
        create_client(settings), settings.table_name, wall_clock=lambda: now[0]
    )
    assert table.move(FORWARD) == 8
    now[0] = 3_600.0
    assert table.move(FORWARD) == 9
