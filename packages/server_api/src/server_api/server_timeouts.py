"""Timeouts of the server and its load balancer that depend on each other, in seconds.

On a connection, the side that sends requests must be the first to close it. Otherwise it sends a
request into a connection that is closing, and answers 502:
     5  CloudFront closes an idle connection to the load balancer
    60  the load balancer closes an idle connection to the server, LOAD_BALANCER_IDLE
    75  the server closes an idle connection, KEEP_ALIVE

A task stops like this; each line gives the time limit of one step:
    30  it gets no new connection and answers its open requests, DEREGISTRATION
    26  after SIGTERM it answers the requests that are still open, GRACEFUL_STOP
    31  ECS kills it this long after SIGTERM, KILL
"""

from typing import Final

from fibcore.timeouts import LONGEST_DEADLINE

LOAD_BALANCER_IDLE: Final = 60
KEEP_ALIVE: Final = LOAD_BALANCER_IDLE + 15
DEREGISTRATION: Final = LONGEST_DEADLINE + 5
GRACEFUL_STOP: Final = LONGEST_DEADLINE + 1
KILL: Final = GRACEFUL_STOP + 5
