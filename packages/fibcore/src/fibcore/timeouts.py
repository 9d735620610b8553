"""Timeouts of a request that depend on each other, in seconds.

     5  the counter gives up, FIB_DEADLINE_SECONDS; LONGEST_DEADLINE at most
    29  the Lambda function is ended, FUNCTION; an attempt begun at the deadline takes 3 at most
    30  CloudFront and the HTTP API stop waiting for the answer

Those of the server's connections and of its end are in `server_api.timeouts`.
"""

from typing import Final

from fibcore.settings import FIB_DEADLINE_SECONDS

LONGEST_DEADLINE: Final = int(FIB_DEADLINE_SECONDS.highest)
FUNCTION: Final = LONGEST_DEADLINE + 4
