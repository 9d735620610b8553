"""The Lambda function's entry: `lambda_api.handler.handler(event, context)`.

This is an entry module: it reads the environment and makes its client at import, once per process
and before a snapshot is taken. So it draws nothing random.
"""

import logging
import os
import sys

from fibcore import Api, InvalidSettings, Settings
from fibcore.counter.simple import SimpleCounter
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.repository import CounterRepository
from fibcore.fibonacci import Fibonacci
from fibcore.sequence import FibonacciSequence

from lambda_api.app import create_handler

try:
    _settings = Settings.from_environ(os.environ)
except InvalidSettings as fault:
    sys.exit(f"fib: can't start: {fault}")

logging.getLogger().setLevel(_settings.log_level.upper())
# At INFO, Mangum logs every request, with the path as its client wrote it.
logging.getLogger("mangum.http").setLevel(logging.WARNING)

_counter = SimpleCounter(
    CounterRepository(create_client(_settings), _settings.table_name),
    max_index=_settings.max_index,
    deadline_seconds=_settings.deadline_seconds,
)

handler = create_handler(Api(FibonacciSequence(_counter, Fibonacci())))
