"""Timeouts of the server and its load balancer that depend on each other, in seconds.

On a connection, the side that sends requests must be the first to close it. Otherwise the sender
may send a request on a connection that the other side is closing, and must answer 502 to its own
client:
     5  CloudFront closes an idle connection to the load balancer
    60  the load balancer closes an idle connection to the server, LOAD_BALANCER_IDLE
    75  the server closes an idle connection, KEEP_ALIVE

A task stops like this. Each line gives the time limit of one step, and the last two lines both
count from SIGTERM:
    30  it gets no new connection and answers its open requests, DEREGISTRATION
    26  it answers the requests that are still open, GRACEFUL_STOP
    31  ECS kills it, KILL
"""

from typing import Final

from fibcore.timeouts import LONGEST_DEADLINE

LOAD_BALANCER_IDLE: Final = 60
KEEP_ALIVE: Final = LOAD_BALANCER_IDLE + 15
DEREGISTRATION: Final = LONGEST_DEADLINE + 5
GRACEFUL_STOP: Final = LONGEST_DEADLINE + 1
KILL: Final = GRACEFUL_STOP + 5
