"""Every command ends in one line if AWS, the network, a file or a program is not as it should be.

Some tests run a command against a server that answers as a proxy would. Others raise what botocore
raises without a network.
"""

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.parsers import ResponseParserError
from local_stack.environment import CREDENTIALS, REGION, url

from infra import ROOT
from infra.app import main as synthesize
from infra.cli import cdk, deploy, stage_urls
from infra.cli.account import identify
from infra.cli.command_errors import CannotRun
from infra.cli.confirmation import confirm
from infra.cli.container_engine import ENGINE_VARIABLE
from infra.cli.deployed_stacks import find_template
from infra.stage import Stage
from tests.infra.aws_answers import Refusal, account_with
from tests.infra.empty_cloud import cloud, create_stack
from tests.infra.handler_server import serving
from tests.infra.test_preflight import account_answers

HTML = b"<!DOCTYPE html>\n<html><body>\n<h1>Bad gateway<br>\n</body></html>\n"
CALLER = (
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    b"<GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>"
    b"</GetCallerIdentityResponse>"
)
COMMANDS = (*deploy.COMMANDS, "stage_urls")


class Answer(NamedTuple):
    """What a proxy answers in the place of AWS."""

    status: int
    body: bytes
    content_type: str = "text/html"


STRANGE = {
    "HTML 500": Answer(500, HTML),
    "HTML 200": Answer(200, HTML),
    "HTML 407": Answer(407, HTML),
    "empty 200": Answer(200, b""),
    "empty 503": Answer(503, b""),
    "cut short": Answer(200, CALLER[:90], "text/xml"),
    "other JSON": Answer(200, b'{"login": "needed"}', "application/json"),
}
REFUSALS = [name for name, answer in STRANGE.items() if answer.status != 200]


@contextmanager
def server(answer: Answer, *, knows_caller: bool) -> Iterator[str]:
    """Run a server that gives one answer to everything, or to all but the caller's identity."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            given = answer
            if knows_caller and b"GetCallerIdentity" in asked:
                given = Answer(200, CALLER, "text/xml")
            self.send_response(given.status)
            self.send_header("Content-Type", given.content_type)
            self.send_header("Content-Length", str(len(given.body)))
            self.end_headers()
            self.wfile.write(given.body)

        do_GET = do_POST  # noqa: N815 - the name that the base class looks up

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Handler) as port:
        yield url(port)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with credentials, in which botocore does not repeat a failed request."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    once = {"AWS_MAX_ATTEMPTS": "1", "AWS_REGION": REGION, ENGINE_VARIABLE: "engine"}
    for name, value in {**CREDENTIALS, **once}.items():
        monkeypatch.setenv(name, value)


def line_of(command: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a command in this process, and return the one line with which it ends."""
    deploys = command in deploy.COMMANDS
    arguments = [command, "--stage", "dev"] if deploys else ["dev", "server"]
    monkeypatch.setattr(sys, "argv", ["command", *arguments])
    with pytest.raises(SystemExit) as ended:
        (deploy if deploys else stage_urls).main()
    line = str(ended.value.code)
    assert line.startswith("fib: ")
    assert "\n" not in line
    assert len(line) < 400
    return line


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("command", ["preflight", "stage_urls"])
def test_answer_that_is_not_of_aws_is_reported(
    command: str, strange: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(STRANGE[strange], knows_caller=False) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        line = line_of(command, monkeypatch)
    if STRANGE[strange].status == 200:
        assert "check the proxy" in line


@pytest.mark.parametrize("strange", REFUSALS)
# The preflight goes on, as the next test shows.
@pytest.mark.parametrize("command", ["deploy", "destroy", "stage_urls"])
def test_later_answer_that_is_not_of_aws_is_reported(
    command: str, strange: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(STRANGE[strange], knows_caller=True) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        line_of(command, monkeypatch)


@pytest.mark.parametrize("strange", REFUSALS)
def test_preflight_shows_a_row_for_a_strange_answer(
    strange: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prove that the table is printed whole: each check is on its own."""
    with server(STRANGE[strange], knows_caller=True) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        account, stage = identify(), Stage(name="dev")
        deploy.preflight(account, stage, lambda *_: None)
    printed = capsys.readouterr().out
    assert re.search(r"^\? +VPCs ", printed, re.MULTILINE)
    assert "alarm e-mail" in printed
    assert "<h1>" not in printed


FAULTS = {
    "timeout": ReadTimeoutError(endpoint_url="https://x.example"),
    "connect": ConnectTimeoutError(endpoint_url="https://x.example"),
    "endpoint": EndpointConnectionError(endpoint_url="https://x.example"),
    "proxy": ProxyConnectionError(proxy_url="http://proxy.example"),
    "sso expired": UnauthorizedSSOTokenError(),
    "sso missing": SSOTokenLoadError(error_msg="no token"),
    "sso refresh": TokenRetrievalError(provider="sso", error_msg="Token has expired"),
    "expired": Refusal("ExpiredToken", "The security token is expired"),
    "unreadable": ResponseParserError("Unable to parse response:\nb'<html>\n'"),
    "refresh": RuntimeError("the refreshed credentials are still expired"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    "command", [pytest.param("preflight", marks=pytest.mark.long), "deploy", "stage_urls"]
)
def test_fault_of_a_later_call_is_reported(
    command: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prove it for credentials that expire, and a network that fails, while a command runs."""

    def answer(_: str) -> None:
        raise FAULTS[fault]

    account = account_with(dict.fromkeys(account_answers(), answer))
    for module in (deploy, stage_urls):
        monkeypatch.setattr(module, "identify", lambda: account)
    if command == "preflight":
        deploy.preflight(account, Stage(name="dev"), lambda *_: None)  # a row for each check
    else:
        line_of(command, monkeypatch)


@pytest.mark.parametrize(
    "printed",
    ["[]", "5", "{}", '{"Version": 1}', '{"Version": 1, "AccessKeyId": 1}', ""],
)
def test_strange_credentials_are_reported(
    printed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho '{printed}'\n")
    program.chmod(0o755)
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = {program}\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:1")
    for command in ("diff", "stage_urls"):
        line_of(command, monkeypatch)


SETTINGS = {
    "profile": {"AWS_PROFILE": "nobody"},
    "config": {"AWS_CONFIG_FILE": "{folder}/config"},
    "bundle": {"AWS_CA_BUNDLE": "/nowhere", "AWS_ENDPOINT_URL": "https://localhost:1"},
    "endpoint": {"AWS_ENDPOINT_URL": "nonsense"},
    "nobody listens": {"AWS_ENDPOINT_URL": "http://localhost:1"},
    "region": {"AWS_REGION": "us east"},
    "attempts": {"AWS_MAX_ATTEMPTS": "many"},
    "mode": {"AWS_RETRY_MODE": "wild"},
    "expired sso": {"AWS_CONFIG_FILE": "{folder}/sso", "AWS_PROFILE": "sso"},
}
SSO = """
[profile sso]
sso_session = ours
sso_account_id = 123456789012
sso_role_name = admin
[sso-session ours]
sso_region = us-east-1
sso_start_url = https://ours.example
"""


@pytest.mark.parametrize("name", SETTINGS)
def test_bad_setting_of_aws_is_reported(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text("[default\nregion")
    (tmp_path / "sso").write_text(SSO)
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        if name == "expired sso":
            monkeypatch.delenv(variable)
    for variable, value in SETTINGS[name].items():
        monkeypatch.setenv(variable, value.format(folder=tmp_path))
    lines = {command: line_of(command, monkeypatch) for command in ("diff", "stage_urls")}
    if name == "nobody listens":
        assert all("check the network" in line for line in lines.values())
        assert not any("rejected" in line for line in lines.values())
    if name == "profile":
        assert all("aws configure list-profiles" in line for line in lines.values())


@pytest.mark.parametrize(
    "text", [b"[dev\n", b"\xff\xfe", b"dev = 5\n", b"[[dev]]\nmin_tasks = 1\n"]
)
def test_bad_settings_file_is_named(text: bytes, tmp_path: Path) -> None:
    file = tmp_path / "stages.toml"
    file.write_bytes(text)
    with pytest.raises(ValueError, match=r"^stages.toml: .*"):
        Stage.load("dev", file)


def test_missing_settings_file_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = tmp_path / "stages.toml"
    monkeypatch.setattr(Stage.load.__func__, "__defaults__", (missing,))  # type: ignore[attr-defined]
    for command in COMMANDS:
        assert str(missing) in line_of(command, monkeypatch)
    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path))
    with pytest.raises(SystemExit, match=f"^fib: .*{missing}"):
        synthesize()


@pytest.mark.long
def test_unwritable_output_of_synth_is_reported(tmp_path: Path) -> None:
    """Prove it by a file in the folder's place, which is unwritable for every user."""
    (tmp_path / "file").touch()
    ended = subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=ROOT,
        env=cdk.environment() | {"CDK_OUTDIR": str(tmp_path / "file/out")},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("fib: can't write the templates: ENOTDIR")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("missing", ["_NODE", "_CDK"])
def test_missing_program_is_reported(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cdk, missing, Path("/nowhere/program"))
    with pytest.raises(CannotRun, match="/nowhere/program is missing: run `make"):
        cdk.command("diff")


def test_template_of_another_program_is_reported() -> None:
    """Prove it for a stack of the same name that somebody created from YAML."""
    account = account_with(
        {
            "cloudformation.DescribeStacks": {"Stacks": [{"StackStatus": "UPDATE_COMPLETE"}]},
            "cloudformation.GetTemplate": {"TemplateBody": "Resources:\n  Topic: {}\n"},
        }
    )
    with pytest.raises(CannotRun, match="fib-dev-website is not one of `cdk`"):
        find_template(account, "fib-dev-website")


def test_question_without_an_answer_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prove it for Ctrl-D at the question, and for a closed standard input."""
    monkeypatch.delenv("YES", raising=False)
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    with pytest.raises(CannotRun, match="you did not say yes"):
        confirm("Go on?")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CannotRun, match="Set YES=1"):
        confirm("Go on?")


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        pytest.param("infra.cli.deploy", ["preflight"], marks=pytest.mark.long),
        ("infra.cli.stage_urls", ["piped", "server"]),
    ],
)
def test_reader_that_is_gone_is_reported(module: str, arguments: list[str]) -> None:
    """Prove that `make preflight | head -1` ends in one line on stderr, and without a trace."""
    reading, writing = os.pipe()
    os.close(reading)
    variables = cloud()
    endpoint = variables["AWS_ENDPOINT_URL"]
    cloudformation = boto3.client("cloudformation", REGION, endpoint_url=endpoint)
    urls = dict.fromkeys(("WebsiteUrl", "ServiceUrl", "LambdaUrl"), "https://s")
    create_stack(cloudformation, "fib-piped-website", **urls)
    create_stack(cloudformation, "fib-piped-api-gateway", ApiGatewayUrl="https://a")
    ended = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=os.environ | variables,
        check=False,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    os.close(writing)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.endswith("stopped, because nobody reads its output")


def test_interrupt_ends_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    for module, arguments in ((deploy, ["diff"]), (stage_urls, ["dev", "server"])):
        monkeypatch.setattr(module, "identify", interrupt)
        monkeypatch.setattr(sys, "argv", ["command", *arguments])
        with pytest.raises(SystemExit) as ended:
            module.main()
        assert ended.value.code == 130
