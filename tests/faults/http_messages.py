"""HTTP/1.1 messages with a length, as asyncio reads and writes them."""

import asyncio

Message = tuple[bytes, bytes]
"""Head and body of an HTTP message."""


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """Return head and body of the next message, or None at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        return head, await reader.readexactly(length) if length else b""
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def exchange(
    message: Message, upstream: asyncio.StreamReader, requests: asyncio.StreamWriter
) -> Message:
    """Send a request and return its answer.

    Raises:
        ConnectionError: The connection ended before the answer.
    """
    requests.write(message[0] + message[1])
    answer = await read_message(upstream)
    if answer is None:
        raise ConnectionResetError
    return answer
