"""One line of the preflight's table."""

from enum import Enum
from typing import NamedTuple


class Verdict(Enum):
    """The result of a check, with the mark that the table shows."""

    GOOD = "ok"
    UNKNOWN = "?"
    WARNING = "warn"
    FAILURE = "FAIL"


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        verdict: A failure means that a deploy can't succeed.
        what: What was checked.
        need: What a stage needs.
        have: What the account has.
        advice: What to do; empty if there is nothing to do.
    """

    verdict: Verdict
    what: str
    need: str
    have: str
    advice: str = ""
