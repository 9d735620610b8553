"""The server process, put together: called by Gunicorn in each worker, after the fork."""

import logging
import os

from fibcore import Api, Settings
from fibcore.counter.batching import BatchingCounter
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.repository import CounterRepository
from fibcore.fibonacci import Fibonacci
from fibcore.sequence import FibonacciSequence
from flask import Flask

from server_api.app import create_app


def create_application() -> Flask:
    """Return the application that the environment configures.

    Raises:
        InvalidSettings: The environment does not; Gunicorn's config has checked it before.
    """
    settings = Settings.from_environ(os.environ)
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(message)s")
    table = CounterRepository(create_client(settings), settings.table_name)
    counter = BatchingCounter(
        table, max_index=settings.max_index, deadline_seconds=settings.deadline_seconds
    )
    return create_app(Api(FibonacciSequence(counter, Fibonacci())))
