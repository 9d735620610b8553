"""Output to the terminal that never fails, whatever its encoding is and even if nobody reads it."""

import os
import sys
from contextlib import suppress


def say(text: str) -> None:
    """Write one message to standard output at once.

    A character that the terminal's encoding lacks becomes a question mark. A closed pipe, a closed
    terminal and a full pipe lose the message.
    """
    if sys.stdout is None:  # the process was started without one
        return
    with suppress(OSError):
        os.write(sys.stdout.fileno(), f"{text}\n".encode(sys.stdout.encoding, errors="replace"))
