"""Timeouts of a request that depend on each other, in seconds.

Each line has the time, what happens then, and the name of the constant or setting:

     3  a call to DynamoDB ends (LONGEST_CALL), or sooner if the deadline is short (`create_client`)
     5  the counter gives up (FIB_DEADLINE_SECONDS)
    25  the counter gives up if that setting has its highest value (LONGEST_DEADLINE)
    29  AWS stops the Lambda function (FUNCTION)
    30  CloudFront and the HTTP API stop waiting for the answer

The last call to DynamoDB may begin just before the deadline. So the Lambda function's timeout is
the longest deadline, plus the time of one call, plus one second for sending the answer. It leaves
out a write that is repeated after the deadline because its condition failed, which is rare.

The timeouts of the server's connections and of its shutdown are in `server_api.server_timeouts`.
"""

from typing import Final

from fibcore.settings import FIB_DEADLINE_SECONDS

LONGEST_CALL: Final = 3
LONGEST_DEADLINE: Final = int(FIB_DEADLINE_SECONDS.highest)
FUNCTION: Final = LONGEST_DEADLINE + LONGEST_CALL + 1
