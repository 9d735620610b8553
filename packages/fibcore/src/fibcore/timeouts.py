"""Timeouts of a request that depend on each other, in seconds.

     5  the counter gives up, FIB_DEADLINE_SECONDS
    25  the counter gives up if that setting has its highest value, LONGEST_DEADLINE
    29  AWS stops the Lambda function, FUNCTION
    30  CloudFront and the HTTP API stop waiting for the answer

A call to DynamoDB takes at most 3 seconds, and the last one may begin just before the deadline. So
the function gets those 3 seconds and one more.

The timeouts of the server's connections and of its shutdown are in `server_api.server_timeouts`.
"""

from typing import Final

from fibcore.settings import FIB_DEADLINE_SECONDS

LONGEST_DEADLINE: Final = int(FIB_DEADLINE_SECONDS.highest)
FUNCTION: Final = LONGEST_DEADLINE + 4
