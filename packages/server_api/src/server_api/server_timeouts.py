"""Timeouts of the server and its load balancer that depend on each other, in seconds.

On a connection, the side that sends requests must be the first to close it. Otherwise the sender
may send a request on a connection that the other side is closing. The sender then gets no response,
and answers its own client with 502. So the times are in this order:
     5  CloudFront closes an idle connection to the load balancer
    60  the load balancer closes idle connections on either side, LOAD_BALANCER_IDLE
    75  the server closes an idle connection, KEEP_ALIVE

A task stops in two phases. First the load balancer deregisters it. In seconds from then on:
    30  until then the task gets no new connection and answers open requests, DEREGISTRATION
Then ECS sends SIGTERM. In seconds from then on:
    27  until then the task answers the requests that are still open, GRACEFUL_STOP
    32  ECS kills the task, KILL

A request may wait for the longest deadline, and a second longer after a refusal by DynamoDB.
"""

from typing import Final

from fibcore.timeouts import LONGEST_DEADLINE

LOAD_BALANCER_IDLE: Final = 60
KEEP_ALIVE: Final = LOAD_BALANCER_IDLE + 15
DEREGISTRATION: Final = LONGEST_DEADLINE + 5
GRACEFUL_STOP: Final = LONGEST_DEADLINE + 2
KILL: Final = GRACEFUL_STOP + 5
