"""Bugs in the queues, their workers, the registry of the writers, and the server's connections."""

import socket
import sys
import threading
from contextlib import suppress
from typing import Any

from tests.faults.bug import GREENLETS, SIMULATION, bug, wrap

_WORKER_TESTS = "tests/unit/test_worker.py"

# The queue and its worker, and the writers' registry.


@bug("fibcore.counter.batch_queue", GREENLETS)
def a_second_worker(batch_queue: Any) -> None:
    """A client starts a worker where it finds none alive, and may be killed while it looks."""

    def wake_worker(_: Any, self: Any) -> None:
        worker = self.__dict__.get("worker")
        if worker is None or not worker.is_alive():
            with self._lock:
                worker = self.__dict__.get("worker")
                if worker is None or not worker.is_alive():
                    self.worker = threading.Thread(target=self._work, name=self._name, daemon=True)
                    self.worker.start()
        self._arrived.set()

    wrap(batch_queue.BatchQueue, "wake_worker", wake_worker)
    batch_queue.BatchQueue._is_working = property(lambda _: False, lambda *_: None)


@bug("fibcore.counter.batch", GREENLETS)
def a_killed_step_stays(batch: Any) -> None:
    """A step whose client is killed stays in its batch."""

    def leave(original: Any, self: Any, step: Any) -> None:
        if not isinstance(sys.exc_info()[1], BaseException) or isinstance(
            sys.exc_info()[1], Exception
        ):
            original(self, step)

    wrap(batch.Batch, "leave", leave)


@bug("fibcore.dynamodb.writer_registry", GREENLETS, SIMULATION)
def no_entry_for_a_minute_after_a_failure(writer_registry: Any) -> None:
    """A writer that could not join counts without an entry for a minute."""

    def refresh_if_due(original: Any, self: Any, period: Any) -> Any:
        try:
            return original(self, period)
        except BaseException:
            self._refreshed_at = self._clock() + writer_registry.STALE_SECONDS
            raise

    wrap(writer_registry.WriterRegistry, "refresh_if_due", refresh_if_due)


@bug(
    "fibcore.dynamodb.writer_registry",
    "tests/unit/test_writer_entries.py::test_writer_joins_soon_after_room_is_back",
)
def no_entry_for_a_minute_without_room(writer_registry: Any) -> None:
    """A writer that found no room looks again after a minute."""
    assert writer_registry._TRY_AGAIN_SECONDS
    writer_registry._TRY_AGAIN_SECONDS = writer_registry.STALE_SECONDS


@bug("fibcore.counter.batch_queue", GREENLETS)
def a_queue_of_a_thousand(batch_queue: Any) -> None:
    """A queue refuses the thousand-and-first step, whatever its limit."""
    wrap(
        batch_queue.BatchQueue,
        "__init__",
        lambda original, self, serve, **options: original(
            self, serve, **options | {"limit": 1_000}
        ),
    )


@bug(
    "fibcore.dynamodb.repository",
    "tests/unit/test_writer_entries.py::test_all_stale_entries_go_in_one_write",
)
def a_write_for_each_stale_entry(repository: Any) -> None:
    """Stale entries are removed one by one."""

    def change_writers(original: Any, self: Any, item: Any, *, join: Any, remove: Any) -> None:
        for entry, number in remove.items():
            original(self, item, join=None, remove={entry: number})
        if join:
            original(self, item, join=join, remove={})

    wrap(repository.CounterRepository, "change_writers", change_writers)


@bug("server_api.worker", f"{_WORKER_TESTS}::test_close_keeps_arrived_requests")
def requests_that_arrived_are_thrown_away(worker: Any) -> None:
    """gevent closes an idle connection: it throws into the greenlet that reads."""

    def close(_: Any, self: Any) -> None:
        self.close_after_answer()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RD if self.is_idle else socket.SHUT_RDWR)

    wrap(worker.Connection, "close", close)
