"""The server's settings: the common settings, and those that only the server has."""

from dataclasses import dataclass
from typing import Final

from fibcore.dynamodb.writer_registry import PROCESSES_LIMIT, WRITERS_LIMIT
from fibcore.settings import Settings, Variable, switch, whole_number

FIB_ACCESS_LOG: Final = Variable(
    "FIB_ACCESS_LOG",
    "0",
    "1 writes a line of JSON for each request, on the fast path (`fast_path.py`) too",
    0,
    1,
)
PORT: Final = Variable("PORT", "8080", "where the server listens", 1, 65_535)
WEB_CONCURRENCY: Final = Variable(
    "WEB_CONCURRENCY",
    "1",
    f"server processes, at most {PROCESSES_LIMIT}: a rolling restart doubles them, and the "
    f"counter's item has room for {WRITERS_LIMIT} writers",
    1,
    PROCESSES_LIMIT,
)

CONNECTIONS_LIMIT: Final = 4_096
"""How many connections one process serves at once. An idle connection holds some 13 kB, so
all of them hold a tenth of 512 MB, the size of a small machine. A connection has one request in
flight, so this is also how many requests can wait for one call to the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings(Settings):
    """The server's settings, checked.

    Attributes:
        access_log: Whether each request writes a line.
        port: Where the server listens.
        processes: How many server processes run.
    """

    access_log: bool = switch(FIB_ACCESS_LOG)
    port: int = whole_number(PORT)
    processes: int = whole_number(WEB_CONCURRENCY)
