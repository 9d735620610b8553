"""The benchmarks; each one returns its results as a table."""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from fibcore import Settings
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.item import INDEX_NAME, KEY_NAME, KEY_VALUE
from fibcore.dynamodb.writer_registry import all_entries
from local_stack.environment import local_environment

from infra.components.lambda_package import bundle
from locustfiles.load_settings import positive_number
from tests.benchmarks import scaling, simulated
from tests.benchmarks.servers import Server, database, partition, server
from tests.benchmarks.tables import Rounds, in_turns, markdown, ratio, typical
from tests.benchmarks.wrk import Load
from tests.faults.proxy_control import ProxyControl

ROUNDS = max(1, int(positive_number("ROUNDS", "5")))
SECONDS = positive_number("SECONDS", "4")
WARM_UP_SECONDS = 20
CONNECTIONS = (1, 16, 64, 256)
INDEXES = (50, 10_000, 100_000, 1_000_000)
NEAR = 1_000
HELLO, ONE_CALL, COMBINING = "bare hello", "one call per request", "combining"
RATE_HEAD = ["requests/s", "p50 ms", "p99 ms", "failures"]


def put_index(dynamodb_port: int, index: int) -> None:
    """Set the counter, as writers with entries in the item keep it."""
    settings = Settings.from_environ(local_environment(dynamodb_port=dynamodb_port))
    create_client(settings).update_item(
        TableName=settings.table_name,
        Key={KEY_NAME: {"S": KEY_VALUE}},
        UpdateExpression="SET #value = :index",
        ExpressionAttributeNames={"#value": INDEX_NAME},
        ExpressionAttributeValues={":index": {"N": str(index)}},
    )


def writes_so_far(dynamodb_port: int) -> int:
    """Return how many writes the writers in the item have numbered."""
    settings = Settings.from_environ(local_environment(dynamodb_port=dynamodb_port))
    item = create_client(settings).get_item(
        TableName=settings.table_name, Key={KEY_NAME: {"S": KEY_VALUE}}, ConsistentRead=True
    )["Item"]
    return sum(int(number) for number in all_entries(item).values())


def _rates(load: Load, loads: list[Load]) -> list[str]:
    failures = str(sum(each.failures for each in loads))
    return [f"{load.rate:,.0f}", f"{load.p50_ms:.1f}", f"{load.p99_ms:.1f}", failures]


def steps() -> str:
    """How near to a bare hello are steps, at so many connections?"""
    return _at_connections("", to_and_fro=True)


def current() -> str:
    """How near to a bare hello are reads?"""
    return _at_connections("/current", to_and_fro=False)


def _at_connections(path: str, *, to_and_fro: bool) -> str:
    rows = []
    with ExitStack() as stack:
        port = stack.enter_context(database())
        put_index(port, NEAR)
        compared = {
            HELLO: stack.enter_context(server(port, "hello()")),
            ONE_CALL: stack.enter_context(server(port, "one_write_per_request()")),
            COMBINING: stack.enter_context(server(port)),
        }
        load = partial(_load, path=path, steps=to_and_fro, seconds=SECONDS)
        _load(compared[COMBINING], path, 64, steps=to_and_fro, seconds=WARM_UP_SECONDS)
        for connections in CONNECTIONS:
            writes: list[float] = []

            def combined(connections: int = connections, writes: list[float] = writes) -> Load:
                before = writes_so_far(port)
                done = load(compared[COMBINING], connections=connections)
                writes.append((writes_so_far(port) - before) / done.requests)
                return done

            rounds = in_turns(
                {
                    HELLO: partial(load, compared[HELLO], connections=connections),
                    ONE_CALL: partial(load, compared[ONE_CALL], connections=connections),
                    COMBINING: combined,
                },
                rounds=ROUNDS,
                title=f"{connections} connections",
            )
            for name, loads in rounds.items():
                share = {HELLO: 0.0, ONE_CALL: 1.0, COMBINING: statistics.median(writes)}[name]
                rows.append(
                    [
                        str(connections),
                        name,
                        f"{ratio(rounds, name, HELLO):.2f}",
                        f"{ratio(rounds, name, ONE_CALL):.2f}",
                        *_rates(typical(loads), loads),
                        f"{share:.3f}" if to_and_fro else "",
                        str(compared[name].resident_megabytes()),
                    ]
                )
    head = ["connections", "", "to hello", "to one call", *RATE_HEAD, "writes/request", "MB"]
    return markdown(head, rows)


def _load(one: Server, path: str, connections: int, *, steps: bool, seconds: float) -> Load:
    return one.load(path, connections=connections, seconds=seconds, steps=steps)


def behind_a_partition() -> str:
    """What do 1,000 writes and 3,000 reads a second for the item allow, at 256 connections?"""
    rows = []
    with ExitStack() as stack:
        port = stack.enter_context(database())
        put_index(port, NEAR)
        modelled = stack.enter_context(partition(port))
        control = ProxyControl(modelled)
        enter = stack.enter_context
        compared = {
            "combining, no model": enter(server(port)),
            **{
                f"combining, {processes} process{'es' if processes > 1 else ''}": enter(
                    server(modelled, WEB_CONCURRENCY=str(processes))
                )
                for processes in (1, 4, 8)
            },
            # Of all that write once a request the fastest, so that it gets to the wall.
            "one call per request": enter(server(modelled, "without_combining()")),
        }
        _load(compared["combining, no model"], "", 64, steps=True, seconds=WARM_UP_SECONDS)
        counted: dict[str, list[dict[str, int]]] = {name: [] for name in compared}

        def run(name: str) -> Load:
            before = _when_idle(control)
            load = _load(compared[name], "", 256, steps=True, seconds=SECONDS)
            after = control.counts()
            counted[name].append({key: after[key] - before.get(key, 0) for key in after})
            return load

        runs: dict[str, Callable[[], Load]] = {name: partial(run, name) for name in compared}
        rounds: Rounds = in_turns(runs, rounds=ROUNDS, title="behind a partition")
        for name, loads in rounds.items():
            seconds = SECONDS * ROUNDS
            writes = sum(each["writes"] for each in counted[name]) / seconds
            throttled = sum(each["throttled"] for each in counted[name]) / seconds
            rows.append(
                [
                    name,
                    f"{ratio(rounds, name, 'combining, no model'):.2f}",
                    *_rates(typical(loads), loads),
                    f"{writes:,.0f}",
                    f"{throttled:,.0f}",
                ]
            )
    return markdown(["", "to no model", *RATE_HEAD, "writes/s", "throttled/s"], rows)


def _when_idle(control: ProxyControl) -> dict[str, int]:
    """Wait until nobody tries again what was throttled, and return the counts."""
    counts = control.counts()
    while True:
        time.sleep(1)
        before, counts = counts, control.counts()
        if counts == before:
            return counts


def by_index() -> str:
    """What do long numbers cost, against a constant body of that size, at 64 connections?"""
    rows = []
    with database() as port, server(port) as ours:
        _load(ours, "", 64, steps=True, seconds=WARM_UP_SECONDS)
        for index in INDEXES:
            put_index(port, index - 1 if index == max(INDEXES) else index)
            with server(port, f"constant({index})") as constant:
                rounds = in_turns(
                    {
                        "constant": partial(_load, constant, "", 64, steps=False, seconds=SECONDS),
                        COMBINING: partial(_load, ours, "", 64, steps=True, seconds=SECONDS),
                    },
                    rounds=ROUNDS,
                    title=f"index {index:,}",
                )
            loads = rounds[COMBINING]
            rows.append(
                [
                    f"{index:,}",
                    f"{ratio(rounds, COMBINING, 'constant'):.2f}",
                    f"{typical(rounds['constant']).rate:,.0f}",
                    *_rates(typical(loads), loads),
                    str(ours.resident_megabytes()),
                ]
            )
    return markdown(["index", "to constant", "constant/s", *RATE_HEAD, "MB"], rows)


_HANDLER = """
import time
from lambda_api.handler import handler
from types import SimpleNamespace
event = {"version": "2.0", "routeKey": "$default", "rawPath": "/health", "rawQueryString": "",
         "headers": {}, "isBase64Encoded": False, "requestContext": {"stage": "$default",
         "http": {"method": "GET", "path": "/health", "sourceIp": "127.0.0.1"}}}
for _ in range(200):
    handler(event, SimpleNamespace())
started = time.perf_counter()
for _ in range(2_000):
    handler(event, SimpleNamespace())
print((time.perf_counter() - started) / 2_000 * 1e3)
"""


def lambda_function() -> str:
    """What does the handler take beside DynamoDB, and what does its import?"""
    environ = local_environment(dynamodb_port=1)

    def seconds_of(program: str) -> float:
        times = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True, env=environ)
            times.append(time.perf_counter() - started)
        return statistics.median(times)

    handler = subprocess.run(
        [sys.executable, "-c", _HANDLER], check=True, env=environ, capture_output=True, text=True
    )
    nothing = seconds_of("pass")
    imported = (seconds_of("import lambda_api.handler") - nothing) * 1e3
    boto3_alone = (seconds_of("import boto3") - nothing) * 1e3
    return markdown(
        ["", ""],
        [
            ["one event, without DynamoDB", f"{float(handler.stdout):.2f} ms"],
            ["import of the handler", f"{imported:.0f} ms"],
            ["import of boto3 alone", f"{boto3_alone:.0f} ms"],
            ["the package, boto3 and all, zipped", f"{_package_bytes() / 1e6:.1f} MB"],
        ],
    )


def _package_bytes() -> int:
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "package")
        package.mkdir()
        bundle(package)
        archive = shutil.make_archive(f"{folder}/package", "zip", f"{folder}/package")
        return Path(archive).stat().st_size


def several_processes() -> str:
    """What do real processes do that share a part of a partition, and simulated ones?"""
    with database() as port:
        put_index(port, NEAR)
        return scaling.measure(port, rounds=ROUNDS, seconds=round(SECONDS))


def many_tasks() -> str:
    """What do up to 32 simulated processes do at a full partition?"""
    return simulated.measure()


BENCHMARKS: dict[str, Callable[[], str]] = {
    "steps": steps,
    "current": current,
    "partition": behind_a_partition,
    "scaling": several_processes,
    "simulation": many_tasks,
    "index": by_index,
    "lambda": lambda_function,
}
