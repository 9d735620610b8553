"""Errors that stop a command, and the one line in which it ends then.

- CannotRun
  - NoAccount
  - NotDeployed
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    HTTPClientError,
    ProfileNotFound,
)
from botocore.parsers import ResponseParserError

NOT_OF_AWS: Final = (
    "an answer is not one of AWS: check the proxy and AWS_ENDPOINT_URL, then try again"
)

_LONGEST_TEXT: Final = 300


class CannotRun(Exception):
    """Something is missing, or the command is not allowed; the text says what to do instead."""


class NoAccount(CannotRun):
    """No AWS account can be reached, or the region lacks what a stage needs."""


class NotDeployed(CannotRun):
    """A stack of the stage does not exist, or lacks an output."""


AWS_ERRORS: Final = (
    BotoCoreError,
    ClientError,
    ResponseParserError,
    # botocore raises it for credentials that are still expired after it refreshed them.
    RuntimeError,
)
"""What a call of AWS can raise, whether AWS answered or not."""


def explain(fault: Exception) -> str:
    """Return one line that says what is wrong and, if that is known, what to do."""
    if isinstance(fault, ResponseParserError):
        return NOT_OF_AWS
    text = " ".join(str(fault).split())[:_LONGEST_TEXT]
    if isinstance(fault, ConnectionError | HTTPClientError):
        return f"{text}: check the network, the proxy and the name of the region, then try again"
    if isinstance(fault, ProfileNotFound):
        return f"{text}: set AWS_PROFILE to one of `aws configure list-profiles`"
    return text


@contextmanager
def ends_in_one_line(command: str = "") -> Iterator[None]:
    """End this process with one line on stderr if an error stops the command.

    Errors in our own code are not caught, because their traces say where to look.

    Args:
        command: What the user asked for, for the line; empty if there is nothing to name.
    """
    try:
        yield
        if sys.stdout:
            # Otherwise Python would notice a closed pipe only at its exit.
            sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Python flushes the output once more at its exit, and would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(f"fib: {command or 'the command'} stopped, because nobody reads its output")
    except subprocess.CalledProcessError:
        sys.exit(f"fib: {command} failed; the reason is printed above")
    except (CannotRun, ValueError, OSError, *AWS_ERRORS) as fault:
        start = f"can't {command}: " if command else ""
        sys.exit(f"fib: {start}{explain(fault)}")
