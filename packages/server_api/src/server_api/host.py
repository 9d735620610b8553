"""What the operating system gives a server: open files, and a folder in memory."""

import os
import resource
from contextlib import suppress
from typing import Final

_OPEN_FILES_ON_MACOS: Final = 10_240
"""The real maximum on macOS (`OPEN_MAX`), where the hard limit may be reported as infinite."""


def raise_open_files_limit() -> None:
    """Raise the limit on open files to the hard limit, or as near to it as the system allows.

    A connection is an open file, and the usual soft limit of 1,024 is less than the hard one.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (hard, _OPEN_FILES_ON_MACOS):
        if soft != resource.RLIM_INFINITY and (limit == resource.RLIM_INFINITY or limit > soft):
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
                return


def memory_folder(folder: str = "/dev/shm") -> str | None:  # noqa: S108 - no file is kept there
    """Return a folder in memory for the workers' heartbeat files, or None if there is none.

    macOS has none, and some containers may not write to theirs. Gunicorn then takes the folder for
    temporary files; only a disk that blocks for many seconds makes that a problem.
    """
    return folder if os.access(folder, os.W_OK | os.X_OK) else None
