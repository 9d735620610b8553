"""The code of a Lambda function: a locked package of the workspace, built by uv without Docker."""

import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import jsii
from aws_cdk import (
    AssetHashType,
    BundlingOptions,
    BundlingOutput,
    DockerImage,
    ILocalBundling,
)
from aws_cdk.aws_lambda import Architecture, AssetCode, Code, Runtime
from uv import find_uv_bin

from infra import ROOT

ARCHITECTURE: Final = Architecture.ARM_64
# The newest that AWS Lambda has; all that we install is there for it.
RUNTIME: Final = Runtime.PYTHON_3_14
_PYTHON: Final = RUNTIME.name.removeprefix("python")
_PLATFORM: Final = "aarch64-manylinux_2_28"

# boto3 is ours, in the version that the lock names, and not the runtime's: counting right hangs
# on what it sends again by itself, and AWS changes the runtime's under a running function.
# Of botocore's descriptions of 400 services one is used; the rest is nine tenths of the package.
_SERVICE: Final = "dynamodb"
_UNUSED: Final = (
    ".lock",
    "bin",
    "**/__pycache__",
    "**/*.dist-info/RECORD",
    "**/*.dist-info/direct_url.json",
)


def lambda_package(package: str, *modules: Path) -> AssetCode:
    """Return the code of a function: a package of ours, what it needs, and single modules.

    Args:
        package: The workspace member, by its name there.
        modules: Files to put beside it.
    """
    return Code.from_asset(
        str(ROOT / "packages"),
        # By what comes out of it, so that nothing else brings a new version about.
        asset_hash_type=AssetHashType.OUTPUT,
        bundling=BundlingOptions(
            image=DockerImage.from_registry("unused"),
            # CDK takes two bundlings of one folder for the same unless something here differs;
            # `local` it does not look into.
            command=[package, *(module.name for module in modules)],
            local=_UvBundling(package, modules),
            output_type=BundlingOutput.NOT_ARCHIVED,
        ),
    )


def bundle(folder: Path, package: str, modules: tuple[Path, ...] = ()) -> None:
    """Fill `folder` with a package, what the lock says that it needs, and `modules`.

    Raises:
        subprocess.CalledProcessError: uv failed; it has said why.
    """
    requirements = folder / "requirements.txt"
    _uv(
        *("export", "--locked", "--no-dev", "--no-editable", "--no-hashes", "--no-header"),
        *("--package", package, "--output-file", str(requirements)),
    )
    _uv(
        *("pip", "install", "--target", str(folder), "--requirements", str(requirements)),
        *("--python-platform", _PLATFORM, "--python-version", _PYTHON),
        # Ours are no wheels yet, and pure Python; of all others only what is built is taken.
        *("--only-binary", ":all:", "--no-binary", "fibcore", "--no-binary", "lambda-api"),
        *("--no-deps", "--no-compile-bytecode"),
    )
    requirements.unlink()
    _trim(folder)
    for module in modules:
        shutil.copy(module, folder)


def _uv(*arguments: str) -> None:
    subprocess.run(
        [find_uv_bin(), *arguments, "--quiet"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )


def _trim(folder: Path) -> None:
    for pattern in _UNUSED:
        for path in folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for service in (folder / "botocore" / "data").iterdir():
        if service.is_dir() and service.name != _SERVICE:
            shutil.rmtree(service)


@jsii.implements(ILocalBundling)
class _UvBundling:
    def __init__(self, package: str, modules: tuple[Path, ...]) -> None:
        self._package = package
        self._modules = modules

    def try_bundle(self, output_dir: str, options: Any = None, **rest: Any) -> bool:
        del options, rest
        bundle(Path(output_dir), self._package, self._modules)
        return True
