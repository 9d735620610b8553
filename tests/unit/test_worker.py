"""How the server's worker waits."""

import subprocess
import sys

_PROGRAM = """
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


def test_whether_a_connection_was_closed_is_seen_without_a_turn_of_the_event_loop() -> None:
    subprocess.run([sys.executable, "-c", _PROGRAM], check=True)
