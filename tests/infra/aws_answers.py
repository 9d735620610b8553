"""A boto3 session whose calls get answers from a table instead of from AWS.

botocore still checks the parameters of each call and raises the errors that AWS would cause.
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import boto3

from infra.cli.account import Account

Answers = Mapping[str, Any]
"""Answers by `service.Operation`: a dict, or a function that gets the call's parameters."""


class Refusal(Exception):
    """An error as AWS answers it."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code, self.message = code, message


def account_with(answers: Answers, *, region: str = "us-east-1") -> Account:
    """Return an account that answers by the table, and fails on a call that is not in it."""
    session = boto3.Session("key", "secret", region_name=region)

    def answer(model: Any, params: Any, **_: Any) -> tuple[Any, Any]:
        name = f"{model.service_model.service_name}.{model.name}"
        found = answers[name]
        if callable(found):
            try:
                found = found(_parameters(params))
            except Refusal as refusal:
                found = refusal
        if isinstance(found, Refusal):
            error = {"Code": found.code, "Message": found.message}
            return SimpleNamespace(status_code=400), {"Error": error, "ResponseMetadata": {}}
        return SimpleNamespace(status_code=200), {**found, "ResponseMetadata": {}}

    events: Any = session.events  # its types do not know that a handler may answer
    events.register("before-call.*.*", answer)
    return Account("123456789012", region, session)


def _parameters(request: Any) -> str:
    """Return the serialized request, in which an answer can look for what is asked."""
    return f"{request['url_path']} {request['body']} {request['query_string']}"
