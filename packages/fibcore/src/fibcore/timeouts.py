"""Timeouts of a request that depend on each other, in seconds.

     5  the counter gives up, FIB_DEADLINE_SECONDS; it may be set to 25, LONGEST_DEADLINE
    29  AWS stops the Lambda function, FUNCTION: 25, and 3 for the last call, and 1
    30  CloudFront and the HTTP API stop waiting for the answer

The timeouts of the server's connections and of its shutdown are in `server_api.server_timeouts`.
"""

from typing import Final

from fibcore.settings import FIB_DEADLINE_SECONDS

LONGEST_DEADLINE: Final = int(FIB_DEADLINE_SECONDS.highest)
FUNCTION: Final = LONGEST_DEADLINE + 4
