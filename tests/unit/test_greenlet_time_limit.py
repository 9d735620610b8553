"""The time limit of a call in a greenlet, on an answer that arrives byte by byte."""

import json
import subprocess
import sys

_PROGRAM = """
from gevent import monkey
monkey.patch_all()
import itertools, json, time
import gevent
from gevent.server import StreamServer
from fibcore import Settings
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.item import Movement
from fibcore.dynamodb.repository import CounterRepository
from fibcore.errors import OutcomeUnknown
from server_api.greenlet_time_limit import run_within

closed = gevent.event.Event()

def drip(client, _):
    client.recv(65_536)
    try:
        client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 1000\\r\\n\\r\\n")
        while True:
            gevent.sleep(0.05)
            client.sendall(b" ")
    except OSError:
        closed.set()

server = StreamServer(("127.0.0.1", 0), drip)
server.start()
settings = Settings.from_environ({
    "COUNTER_TABLE_NAME": "t", "AWS_REGION": "us-east-1", "FIB_DEADLINE_SECONDS": "5",
    "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{server.server_port}",
})
repository = CounterRepository(create_client(settings), "t", run_within=run_within)
begin = time.monotonic()
try:
    repository.move(Movement(net=1, restart=False, lowest=0, highest=9))
    outcome = "moved"
except OutcomeUnknown:
    outcome = "unknown"
print(json.dumps([outcome, time.monotonic() - begin, closed.wait(60)]))
"""


def test_dripping_answer_ends_with_its_connection() -> None:
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    printed = subprocess.run(
        [sys.executable, "-c", _PROGRAM], check=True, stdout=subprocess.PIPE, env=credentials
    ).stdout
    outcome, seconds, connection_closed = json.loads(printed)
    assert outcome == "unknown"
    assert 2.9 < seconds < 20  # The limit is 3 seconds.
    assert connection_closed


_SWALLOWING_PROGRAM = """
from gevent import monkey
monkey.patch_all()
import time
from server_api.greenlet_time_limit import run_within

def call():
    # As botocore does when it refreshes credentials.
    for _ in range(50):
        try:
            time.sleep(0.1)
        except Exception:
            pass

begin = time.monotonic()
try:
    run_within(call, 0.2)
except TimeoutError:
    print(time.monotonic() - begin)
"""


def test_call_cannot_swallow_the_limit() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", _SWALLOWING_PROGRAM], check=True, stdout=subprocess.PIPE
    ).stdout
    assert 0.1 < float(printed) < 4  # The call alone would take 5 seconds.
