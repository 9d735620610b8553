"""The Lambda function's entry: `lambda_api.handler.handler(event, context)`.

An entry module: it reads the environment and makes its client at import, once per process and
before a snapshot is taken, so nothing random is drawn here.
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
from mangum import Mangum

from lambda_api.app import AsgiApp

try:
    _settings = Settings.from_environ(os.environ)
except InvalidSettings as fault:
    sys.exit(f"fib: can't start: {fault}")

logging.getLogger().setLevel(_settings.log_level.upper())

_counter = SimpleCounter(
    CounterRepository(create_client(_settings), _settings.table_name),
    max_index=_settings.max_index,
    deadline_seconds=_settings.deadline_seconds,
)

# Mangum would run the lifespan at every event: https://github.com/Kludex/mangum/issues/342
handler = Mangum(AsgiApp(Api(FibonacciSequence(_counter, Fibonacci()))), lifespan="off")
