"""Readiness: waits until every program of the stack answers at the address that is printed."""

import asyncio
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

_INTERVAL_SECONDS: Final = 0.1
_LONGEST_ANSWER_SECONDS: Final = 5.0


async def wait_until_ready(addresses: Mapping[str, str], *, seconds: float) -> list[str]:
    """Wait until every address answers 200, or until the time is over.

    Args:
        addresses: The address to ask, by the name of the program.
        seconds: How long to wait for all of them together.

    Returns:
        The names of the programs that did not answer in time; none if all did.
    """
    waiting = {asyncio.create_task(_wait_for(address)): name for name, address in addresses.items()}
    try:
        _, late = await asyncio.wait(waiting, timeout=seconds)
    finally:
        for task in waiting:
            task.cancel()
    return [waiting[task] for task in late]


async def _wait_for(address: str) -> None:
    while not await _answers(address):  # noqa: ASYNC110 - no event reports another process
        await asyncio.sleep(_INTERVAL_SECONDS)


async def _answers(address: str) -> bool:
    """Tell whether `GET` of an address is answered with 200; no proxy is asked."""
    parts = urlsplit(address)
    head = (f"GET {parts.path or '/'} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close")
    try:
        async with asyncio.timeout(_LONGEST_ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            try:
                writer.write("\r\n".join([*head, "", ""]).encode())
                status_line = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
    return status_line.split(b" ")[1:2] == [b"200"]
