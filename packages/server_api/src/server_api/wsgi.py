"""Creates the server's application from the environment, in each worker after Gunicorn's fork."""

import logging
import os

from fibcore import Api
from fibcore.counter.batching import BatchingCounter
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.repository import CounterRepository
from fibcore.fibonacci import Fibonacci
from fibcore.sequence import FibonacciSequence

from server_api.app import ServerApplication
from server_api.greenlet_time_limit import run_within
from server_api.server_settings import CONNECTIONS_LIMIT, ServerSettings


def create_application() -> ServerApplication:
    """Return the application that the environment configures: the fast path, and Flask.

    Raises:
        InvalidSettings: The environment is invalid. Gunicorn's configuration has checked it before.
    """
    settings = ServerSettings.from_environ(os.environ)
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(message)s")
    repository = CounterRepository(
        create_client(settings), settings.table_name, run_within=run_within
    )
    counter = BatchingCounter(
        repository,
        max_index=settings.max_index,
        deadline_seconds=settings.deadline_seconds,
        queue_limit=CONNECTIONS_LIMIT,
    )
    return ServerApplication(Api(FibonacciSequence(counter, Fibonacci())))
