"""Deploys a stage, shows what a deploy would change, or takes a stage down.

`python -m infra.deploy deploy|diff|destroy [--stage NAME] [--context NAME=VALUE …]`
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from local_stack.container_engine import find_engine

from infra import ROOT, cdk_cli
from infra.account import Account, identify
from infra.deployed import read_urls
from infra.errors import CannotRun
from infra.own_domain import OwnDomain
from infra.stage import Stage

COMMANDS: Final = ("deploy", "diff", "destroy")
_ENGINE_VARIABLE: Final = "CDK_DOCKER"


def deploy(account: Account, stage: Stage, context: Sequence[str]) -> None:
    """Build and deploy all stacks of a stage, and print where it is.

    Raises:
        CannotRun: No container engine runs.
        NoAccount: The region lacks what CloudFront needs.
        NotDeployed: A stack does not tell where it is.
        subprocess.CalledProcessError: `cdk` failed; it has said why.
    """
    print("looking for a container engine …", flush=True)
    engine = os.environ.get(_ENGINE_VARIABLE) or find_engine()
    if not engine:
        raise CannotRun(
            "no container engine runs: start docker, finch or podman, which builds the server's "
            f"image, or name one in {_ENGINE_VARIABLE}"
        )
    print(f"stage {stage.name}, account {account.number}, {account.region}, {engine}", flush=True)
    if not account.is_bootstrapped():
        _cdk(account, "bootstrap", f"aws://{account.number}/{account.region}")
    arguments = ("--all", "--require-approval", "never", *_context(account, stage, context))
    _cdk(account, "deploy", *arguments, **{_ENGINE_VARIABLE: engine})
    urls = read_urls(account.session, stage)
    print(
        f"""
  website   {urls.website}
  server    {urls.server}
  lambda    {urls.function}
  HTTP API  {urls.http_api}
"""
    )


def diff(account: Account, stage: Stage, context: Sequence[str]) -> None:
    """Print what a deploy would change; nothing is made in the account, no change set either.

    Raises:
        NoAccount: The region lacks what CloudFront needs.
        subprocess.CalledProcessError: `cdk` failed; it has said why.
    """
    _cdk(account, "diff", "--all", "--method", "template", *_context(account, stage, context))


def destroy(account: Account, stage: Stage, context: Sequence[str]) -> None:
    """Take all stacks of a stage down, its data with them.

    Raises:
        NoAccount: The region lacks what CloudFront needs.
        subprocess.CalledProcessError: `cdk` failed; it has said why.
    """
    _cdk(account, "destroy", "--all", "--force", *_context(account, stage, context))


def _context(account: Account, stage: Stage, context: Sequence[str]) -> list[str]:
    ours = (f"stage={stage.name}", f"cloudfront_prefix_list={account.cloudfront_prefix_list()}")
    return [part for each in (*ours, *context) for part in ("--context", each)]


def check_context(context: Sequence[str], region: str) -> None:
    """Check what can be checked before anything is made.

    Raises:
        ValueError: It can't be deployed.
    """
    if strays := [each for each in context if "=" not in each]:
        raise ValueError(f"CONTEXT is name=value …, not {' '.join(strays)}")
    named = dict(each.split("=", 1) for each in context)
    OwnDomain.configured(named.get("domain", ""), named.get("hosted_zone", ""), region=region)


def _cdk(account: Account, *arguments: str, **variables: str) -> None:
    # Of the two variables for the region each program reads another one.
    region = {"AWS_REGION": account.region, "AWS_DEFAULT_REGION": account.region}
    subprocess.run(
        cdk_cli.command(*arguments),
        cwd=ROOT,
        env=cdk_cli.environment() | region | variables,
        check=True,
    )


def checked_stage(command: str, name: str) -> Stage:
    """Return the stage, where the command may be done to it.

    Raises:
        CannotRun: It may not.
        ValueError: It is no stage's name.
    """
    stage = Stage.named(name)
    if command == "destroy":
        if not name:
            raise CannotRun("say which stage: make destroy STAGE=…")
        if stage.keeps_data:
            raise CannotRun(
                f"{stage.name} keeps its data and is not destroyed from here; infra/README.md says "
                "how it is taken down by hand"
            )
    return stage


def main() -> None:
    """Check what must be there, then run the command."""
    parser = argparse.ArgumentParser(prog="infra.deploy", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--stage", default="")
    parser.add_argument("--context", nargs="*", default=[], metavar="NAME=VALUE")
    asked = parser.parse_args()
    run = {"deploy": deploy, "diff": diff, "destroy": destroy}[asked.command]
    try:
        stage = checked_stage(asked.command, asked.stage)
        account = identify()
        check_context(asked.context, account.region)
        run(account, stage, asked.context)
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.CalledProcessError:
        sys.exit(f"fib: {asked.command} failed; the reason stands above")
    except (CannotRun, ValueError, RuntimeError, BotoCoreError, ClientError) as fault:
        sys.exit(f"fib: can't {asked.command}: {fault}")


if __name__ == "__main__":
    main()
