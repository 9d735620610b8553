"""Errors that stop a command. Each has a text of one line for the person at the terminal.

- CannotRun
  - NoAccount
  - NotDeployed
"""


class CannotRun(Exception):
    """Something is missing, or the command is not allowed; the text says what to do instead."""


class NoAccount(CannotRun):
    """No AWS account can be reached, or the region lacks what a stage needs."""


class NotDeployed(CannotRun):
    """A stack of the stage does not exist, or lacks an output."""
