"""Both backends and the site as processes, on a table of their own."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from fibcore import Settings
from fibcore.dynamodb.client import create_client
from fibcore.dynamodb.item import INDEX_NAME, KEY_NAME, KEY_VALUE
from local_stack import programs

from tests.processes import Running, free_port, running


class BackendStack:
    """The three processes that a page talks to."""

    def __init__(self, settings: Settings, dynamodb_port: int, processes: ExitStack) -> None:
        self._settings = settings
        self._client = create_client(settings)
        self._dynamodb_port = dynamodb_port
        self._processes = processes
        self._ports = {"server": free_port(), "lambda": free_port()}
        self.server = self.start_server()
        function = programs.lambda_api(
            port=self._ports["lambda"], dynamodb_port=dynamodb_port, **self._table
        )
        processes.enter_context(running(function, port=self._ports["lambda"]))
        port = free_port()
        site = programs.site(
            port=port, server_port=self._ports["server"], lambda_port=self._ports["lambda"]
        )
        processes.enter_context(running(site, port=port))
        self.url = f"http://localhost:{port}"

    @property
    def _table(self) -> dict[str, str]:
        return {
            "COUNTER_TABLE_NAME": self._settings.table_name,
            "FIB_MAX_INDEX": str(self._settings.max_index),
        }

    def backend_url(self, name: str) -> str:
        return f"http://localhost:{self._ports[name]}"

    def start_server(self) -> Running:
        """Start the server, or start it again on the same port."""
        port = self._ports["server"]
        program = programs.server(port=port, dynamodb_port=self._dynamodb_port, **self._table)
        self.server = self._processes.enter_context(running(program, port=port))
        return self.server

    @contextmanager
    def frozen_server(self) -> Iterator[None]:
        """Stop the server's processes, so that it takes requests and answers none of them."""
        os.killpg(self.server.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.server.pid, signal.SIGCONT)

    def put(self, index: int) -> None:
        """Let the counter stand at `index`."""
        self._client.put_item(
            TableName=self._settings.table_name,
            Item={KEY_NAME: {"S": KEY_VALUE}, INDEX_NAME: {"N": str(index)}},
        )

    def take_away(self) -> None:
        """Leave the table without a counter, so that the backends are unavailable."""
        self._client.delete_item(
            TableName=self._settings.table_name, Key={KEY_NAME: {"S": KEY_VALUE}}
        )

    def index(self) -> int:
        """Return where the table says the counter stands."""
        answer = self._client.get_item(
            TableName=self._settings.table_name, Key={KEY_NAME: {"S": KEY_VALUE}}
        )
        return int(answer["Item"][INDEX_NAME]["N"])
