"""Whether a port on localhost is free, over IPv4 and over IPv6."""

import errno
import socket
from contextlib import suppress
from typing import Final

_LOCALHOST: Final = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


def problem_with(port: int) -> str | None:
    """Return why no program can listen on a port, or None if one can.

    A browser takes `localhost` for either address, so both have to be free.
    """
    for family, address in _LOCALHOST:
        if _is_answered(family, address, port):
            return f"port {port} is taken by another program, on {address}"
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except PermissionError:
            return f"port {port} needs the permissions of root"
        except OSError as error:
            # A machine without IPv6 lacks the family or the address.
            if error.errno == errno.EADDRINUSE:
                return f"port {port} is taken by another program, on {address}"
    return None


def _is_answered(family: socket.AddressFamily, address: str, port: int) -> bool:
    """Tell whether something accepts connections; on macOS one can bind beside it all the same."""
    with suppress(OSError), socket.socket(family) as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0
    return False
