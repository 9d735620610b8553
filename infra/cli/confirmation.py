"""Ask a person, or take `YES=1` in the environment for an answer."""

import os
import sys

from infra.cli.command_errors import CannotRun


def is_confirmed() -> bool:
    """Tell whether the environment says yes to every question."""
    return os.environ.get("YES") == "1"


def confirm(question: str) -> None:
    """Return if the person at the terminal, or the environment, says yes.

    Raises:
        CannotRun: The answer is no, or there is no terminal to ask at.
    """
    if is_confirmed():
        return
    # Python has no `sys.stdin` if the standard input is closed.
    if not (sys.stdin and sys.stdin.isatty()):
        raise CannotRun(f"{question} Set YES=1 to say yes without a terminal")
    print(f"{question} Type yes: ", end="", flush=True)
    # Unlike `input`, this reads Ctrl-D as an empty answer.
    if sys.stdin.readline().strip().lower() != "yes":
        raise CannotRun("you did not say yes, so nothing was changed")
