"""The Fibonacci sequence, the counter in DynamoDB and the HTTP contract, without a framework."""

from fibcore.errors import InvalidSettings
from fibcore.http.api import Api, Response
from fibcore.settings import Settings

__all__ = ["Api", "InvalidSettings", "Response", "Settings"]
