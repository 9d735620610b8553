"""Times in seconds that must fit each other: of connections, of requests, of a server's end.

A connection; the side that sends into it must be the first to close it, or it sends into the end
and answers 502:
     5  from CloudFront to the load balancer: CloudFront closes it
    60  from the load balancer to the server: the load balancer does, LOAD_BALANCER_IDLE
    75  the server would, KEEP_ALIVE

A request:
     5  the deadline, FIB_DEADLINE_SECONDS; 25 at most
    29  the Lambda function is ended, FUNCTION: a try begun at the deadline takes 3 at most
    30  CloudFront and the HTTP API no longer wait for the answer

A task that goes, one step after the other:
    30  DEREGISTRATION: it gets no new request and answers those it has, 25 at most
    25  SIGTERM: it answers what came in the last moment, GRACEFUL_STOP
    30  counted from SIGTERM it is killed, KILL
"""

from typing import Final

from fibcore.settings import FIB_DEADLINE_SECONDS

_LONGEST_DEADLINE: Final = int(FIB_DEADLINE_SECONDS.highest or 0)

LOAD_BALANCER_IDLE: Final = 60
KEEP_ALIVE: Final = LOAD_BALANCER_IDLE + 15
FUNCTION: Final = _LONGEST_DEADLINE + 4
DEREGISTRATION: Final = _LONGEST_DEADLINE + 5
GRACEFUL_STOP: Final = _LONGEST_DEADLINE
KILL: Final = GRACEFUL_STOP + 5
