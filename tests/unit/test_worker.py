"""How the server's worker waits for its connections and closes them."""

import subprocess
import sys

import pytest

_WAIT_PROGRAM = """
from gevent import monkey
monkey.patch_all()
import socket
import gevent
import urllib3.util
from server_api.worker import CounterWorker

worker = CounterWorker.__new__(CounterWorker)
worker.sockets = []
worker.patch()
idle, other_end = socket.socketpair()
another = gevent.spawn(lambda: None)
assert not urllib3.util.wait_for_read(idle, timeout=0.0)
assert not another.dead, "somebody else had a turn"
other_end.close()
assert urllib3.util.wait_for_read(idle, timeout=0.0)
"""


_CLOSE_PROGRAM = """
import sys
from gevent import monkey
monkey.patch_all()
import socket
import gevent
from server_api.worker import Connection

client, served = socket.socketpair()
connection = Connection(served)

def read():
    with connection:
        received = []
        while data := served.recv(100):
            received.append(data)
        return received

reader = gevent.spawn(read)
while not connection.is_idle:
    gevent.sleep(0)
for request in sys.argv[1:]:
    client.sendall(request.encode())
connection.close()
assert reader.get(timeout=10) == ["".join(sys.argv[1:]).encode()] * bool(sys.argv[1:])
assert connection.last_request
"""


def test_checking_a_connection_does_not_yield() -> None:
    subprocess.run([sys.executable, "-c", _WAIT_PROGRAM], check=True)


@pytest.mark.parametrize("arrived", [[], ["a request"], ["one request", "another"]])
def test_close_keeps_arrived_requests(arrived: list[str]) -> None:
    subprocess.run([sys.executable, "-c", _CLOSE_PROGRAM, *arrived], check=True)
