"""A table that takes a second for a write, while 2,000 steps a second arrive."""

import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from statistics import quantiles

import pytest
from fibcore import Settings
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.repository import CounterRepository
from local_stack import programs

from tests.faults.proxy_control import ProxyControl, proxy_program
from tests.operation.open_loop import Answered, offer
from tests.processes import free_port, running

RATE = 2_000
SOUND_SECONDS, SLOW_SECONDS, AGAIN_SOUND_SECONDS = 4, 8, 8
SECONDS_A_WRITE = 1.0
SECONDS_A_WRITE_WHEN_SOUND = 0.005
STEP = b"POST /next HTTP/1.1\r\nHost: x\r\n\r\n"

# A step waits for the write in flight, then for its own.
SERVED_WITHIN_SECONDS = 2 * SECONDS_A_WRITE + 1
RECOVERED_WITHIN_SECONDS = 5.0
_WINDOW_SECONDS = 0.5
_SOON_SECONDS = 0.5


def percentiles(answers: Iterable[Answered]) -> str:
    latencies = [answer.latency * 1_000 for answer in answers]
    cuts = quantiles(latencies, n=100)
    return f"p50 {cuts[49]:.0f}, p99 {cuts[98]:.0f}, at most {max(latencies):.0f} ms"


def p99(answers: Iterable[Answered]) -> float:
    return quantiles([answer.latency for answer in answers], n=100)[98]


def served_rate(
    answers: Iterable[Answered], begin: float, seconds: float, *, within: float = float("inf")
) -> float:
    """Return how many a second, of those due in a stretch of time, were served within seconds."""
    due = (a for a in answers if a.status == 200 and begin <= a.due < begin + seconds)
    return sum(a.latency < within for a in due) / seconds


@pytest.mark.long
@pytest.mark.alone
def test_slow_table_serves_every_step(
    new_table: Callable[..., Settings], dynamodb_port: int
) -> None:
    settings = new_table()
    with ExitStack() as stack:
        proxy_port, port = free_port(), free_port()
        stack.enter_context(running(proxy_program(proxy_port, dynamodb_port), port=proxy_port))
        proxy = ProxyControl(proxy_port)
        server = programs.server(
            port=port, dynamodb_port=proxy_port, COUNTER_TABLE_NAME=settings.table_name
        )
        process = stack.enter_context(running(server, port=port))
        slow_until = SOUND_SECONDS + SLOW_SECONDS
        offer(STEP, port=port, rate=500, seconds=1)  # whatever the first ones cost

        def slow_down_for_a_while() -> None:
            for at, seconds in (
                (SOUND_SECONDS, SECONDS_A_WRITE),
                (slow_until, SECONDS_A_WRITE_WHEN_SOUND),
            ):
                threading.Timer(at, proxy.set_call_seconds, [seconds]).start()

        answers = offer(
            STEP,
            port=port,
            rate=RATE,
            seconds=slow_until + AGAIN_SOUND_SECONDS,
            at_start=slow_down_for_a_while,
        )
        log = process.output()
    slow = [a for a in answers if SOUND_SECONDS + SECONDS_A_WRITE <= a.due < slow_until]
    served = [a for a in slow if a.status == 200]
    usual = served_rate(answers, 1, SOUND_SECONDS - 1)
    recovered_after = next(
        after / 10
        for after in range(AGAIN_SOUND_SECONDS * 10)
        if served_rate(answers, slow_until + after / 10, _WINDOW_SECONDS, within=_SOON_SECONDS)
        > 0.9 * usual
    )
    assert served
    print(
        f"offered {RATE:,}/s; usually {usual:,.0f}/s served; with {SECONDS_A_WRITE:.0f} s a write "
        f"{len(served) / (SLOW_SECONDS - 1):,.0f}/s served, {percentiles(served)}; "
        f"full speed again after {recovered_after:.1f} s"
    )
    assert usual > 0.7 * RATE, f"this machine carries no {RATE:,}/s now, even when all is sound"
    assert {answer.status for answer in answers} == {200}
    table = CounterRepository(create_client(settings), settings.table_name)
    acknowledged = sum(answer.status == 200 for answer in answers)
    assert table.read_index() == 500 + acknowledged
    assert p99(served) < SERVED_WITHIN_SECONDS
    assert recovered_after < RECOVERED_WITHIN_SECONDS
    assert "Traceback" not in log
