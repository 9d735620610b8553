"""Check an account before a deploy, and print one table: `make preflight STAGE=…`.

A check that AWS does not answer, for instance because the caller may not ask, is reported as
unknown and stops nothing.
"""

from collections.abc import Sequence

from botocore.exceptions import ClientError

from infra.cli.account import Account
from infra.cli.command_errors import AWS_ERRORS, explain
from infra.cli.preflight_checks import CHECKS, Check
from infra.cli.preflight_row import Row, Verdict
from infra.stage import Stage


def check_account(account: Account, stage: Stage) -> list[Row]:
    """Return the results of all checks."""
    return [_ask(check, account, stage) for check in CHECKS]


def certain_failures(rows: Sequence[Row]) -> list[str]:
    """Return what makes a deploy fail for sure."""
    return [row.what for row in rows if row.verdict is Verdict.FAILURE]


def format_table(rows: Sequence[Row]) -> str:
    """Return the rows as a table of text."""
    head = ("", "check", "need", "have", "what to do")
    lines = [head, *((row.verdict.value, *row[1:]) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _ask(check: Check, account: Account, stage: Stage) -> Row:
    try:
        return check(account, stage)
    except ClientError as error:
        have, advice = f"AWS answers {error.response['Error']['Code']}", "allow the caller to ask"
    except AWS_ERRORS as error:
        have, _, advice = explain(error).partition(": ")
    name = (check.__doc__ or "").partition(":")[0]
    return Row(Verdict.UNKNOWN, name, "an answer", have, advice)
