"""Deploy a stage, show what a deploy would change, check the account, or delete a stage.

`python -m infra.cli.deploy deploy|diff|preflight|destroy [--stage NAME]`
"""

import argparse
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from infra import ROOT, outputs
from infra.cli import cdk
from infra.cli.account import Account, identify
from infra.cli.assembly import ASSEMBLY, read_template
from infra.cli.availability_zones import choose_zones
from infra.cli.command_errors import CannotRun, ends_in_one_line
from infra.cli.confirmation import confirm
from infra.cli.container_engine import ENGINE_VARIABLE, find_engine
from infra.cli.deployed_stacks import find_template
from infra.cli.network_interfaces import is_network_stuck, wait_until_gone
from infra.cli.preflight import certain_failures, check_account, format_table
from infra.cli.removed_addresses import removed_addresses
from infra.cli.service_linked_roles import create_missing_roles
from infra.cli.stage_urls import read_urls
from infra.stage import Stage

Cdk = Callable[..., None]
"""Runs `cdk` with these arguments and raises `CalledProcessError` if it fails."""


def deploy(account: Account, stage: Stage, run_cdk: Cdk, assembly: Path = ASSEMBLY) -> None:
    """Check the account, show what would be lost, deploy all stacks, and print the URLs.

    Args:
        account: Where to deploy.
        stage: What to deploy.
        run_cdk: Runs `cdk`.
        assembly: The folder to which `cdk` writes the templates.

    Raises:
        CannotRun: The deploy would certainly fail, or a question was not answered with yes.
        subprocess.CalledProcessError: `cdk` failed. It has printed the reason.
    """
    preflight(account, stage, run_cdk)
    for service in create_missing_roles(account):
        print(f"created the service-linked role of {service}", flush=True)
    if not account.is_bootstrapped():
        run_cdk("bootstrap", f"aws://{account.number}/{account.region}")
    written = ("--output", str(assembly))
    run_cdk("synth", "--all", "--quiet", *_context(account, stage), *written)
    website = stage.stack_name(outputs.WEBSITE)
    removed = removed_addresses(find_template(account, website), read_template(assembly, website))
    from_assembly = ("--app", str(assembly))
    if stage.keeps_data:
        run_cdk("diff", "--all", "--method", "template", *from_assembly)
    if removed:
        confirm(f"This deploy removes {', '.join(removed)} (see infra/stages.toml).")
    elif stage.keeps_data:
        confirm(f"Deploy these changes to {stage.name}?")
    run_cdk("deploy", "--all", "--require-approval", "never", *from_assembly)
    urls = read_urls(account, stage)
    print(
        f"""
  website   {urls.website}
  server    {urls.server}
  lambda    {urls.lambda_}
  HTTP API  {urls.http_api}
"""
    )


def diff(account: Account, stage: Stage, run_cdk: Cdk) -> None:
    """Print what a deploy would change. It makes nothing in the account, not even a change set.

    Raises:
        NoAccount: The region lacks what a stage needs.
        subprocess.CalledProcessError: `cdk` failed. It has printed the reason.
    """
    run_cdk("diff", "--all", "--method", "template", *_context(account, stage))


def preflight(account: Account, stage: Stage, _run_cdk: Cdk) -> None:
    """Print what a stage needs and what the account has.

    Raises:
        CannotRun: A deploy would certainly fail.
    """
    print(f"stage {stage.name}, account {account.number}, {account.region}\n", flush=True)
    rows = check_account(account, stage)
    print(format_table(rows), end="\n\n", flush=True)
    if failures := certain_failures(rows):
        raise CannotRun(f"the account is not ready: {', '.join(failures)} (see the table above)")


def destroy(account: Account, stage: Stage, run_cdk: Cdk) -> None:
    """Delete all stacks of a stage with its data.

    CloudFront takes some minutes to leave the stage's network, so the deletion of the network can
    fail. Then this function waits until CloudFront has left, and tries once more in any case.

    Raises:
        NoAccount: The region lacks what a stage needs.
        subprocess.CalledProcessError: `cdk` failed. It has printed the reason.
    """
    arguments = ("destroy", "--all", "--force", *_context(account, stage))
    try:
        run_cdk(*arguments)
    except subprocess.CalledProcessError:
        if not is_network_stuck(account, stage):
            raise
        wait_until_gone(account, stage)
        run_cdk(*arguments)


def _context(account: Account, stage: Stage) -> list[str]:
    context = {
        "stage": stage.name,
        "cloudfront_prefix_list": account.cloudfront_prefix_list(),
        "availability_zones": ",".join(choose_zones(account, stage)),
    }
    return [part for key, value in context.items() for part in ("--context", f"{key}={value}")]


def _runner(account: Account) -> Cdk:
    # Some programs read only one of the two variables for the region.
    variables = {"AWS_REGION": account.region, "AWS_DEFAULT_REGION": account.region}
    if engine := find_engine():
        variables[ENGINE_VARIABLE] = engine

    def run(*arguments: str) -> None:
        subprocess.run(
            cdk.command(*arguments), cwd=ROOT, env=cdk.environment() | variables, check=True
        )

    return run


def checked_stage(command: str, name: str) -> Stage:
    """Return a stage, if the command is allowed on it.

    Raises:
        CannotRun: The command is not allowed on it.
        ValueError: The name or a setting of the stage is not valid.
    """
    stage = Stage.load(name)
    if command == "destroy":
        if not name:
            raise CannotRun("say which stage: make destroy STAGE=…")
        if stage.keeps_data:
            raise CannotRun(
                f"{stage.name} keeps its data and is not destroyed by this command; "
                "docs/runbook.md says how to delete it by hand"
            )
    return stage


COMMANDS: Final = {"deploy": deploy, "diff": diff, "preflight": preflight, "destroy": destroy}


def main() -> None:
    """Check the arguments, then run the command."""
    parser = argparse.ArgumentParser(prog="infra.cli.deploy", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--stage", default="")
    asked = parser.parse_args()
    with ends_in_one_line(asked.command):
        stage = checked_stage(asked.command, asked.stage)
        account = identify()
        COMMANDS[asked.command](account, stage, _runner(account))


if __name__ == "__main__":
    main()
