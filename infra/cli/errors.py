"""What keeps a command from its work; the text is one line for whoever typed it.

- CannotRun
  - NoAccount
  - NotDeployed
"""


class CannotRun(Exception):
    """Something is missing, or must not be done from here; the text says what to do instead."""


class NoAccount(CannotRun):
    """No AWS account can be reached, or not in a region that serves."""


class NotDeployed(CannotRun):
    """A stack of the stage is not there, or does not tell where it is."""
