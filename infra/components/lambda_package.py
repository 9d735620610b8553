"""The code of our Lambda functions: the package `lambda-api`, built by uv without Docker."""

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
# This is the newest runtime of AWS Lambda, and all packages that we install support it.
RUNTIME: Final = Runtime.PYTHON_3_14
_PYTHON: Final = RUNTIME.name.removeprefix("python")
_PLATFORM: Final = "aarch64-manylinux_2_28"

# The package contains boto3 in the version of our lock file. AWS changes the runtime's own boto3
# under a running function, and the counter depends on what boto3 repeats by itself. Of botocore's
# descriptions of 400 services we need one; the others are nine tenths of the package.
_SERVICE: Final = "dynamodb"
_UNUSED: Final = (
    ".lock",
    "bin",
    "**/__pycache__",
    # These files contain paths and times of the build, which would change the package's hash.
    "**/*.dist-info/RECORD",
    "**/*.dist-info/direct_url.json",
    "**/*.dist-info/uv_cache.json",
)


def lambda_package() -> AssetCode:
    """Return the code of both functions: the backend and the seed."""
    return Code.from_asset(
        str(ROOT / "packages"),
        # Only a change of the package's content gives the function a new version.
        asset_hash_type=AssetHashType.OUTPUT,
        bundling=BundlingOptions(
            image=DockerImage.from_registry("unused"),
            local=_UvBundling(),
            output_type=BundlingOutput.NOT_ARCHIVED,
        ),
    )


def bundle(folder: Path) -> None:
    """Fill `folder` with the package and its locked dependencies.

    The result is the same for the same commit, whatever the checkout's path and the umask.

    Raises:
        subprocess.CalledProcessError: uv failed. It has printed the reason.
    """
    requirements = folder / "requirements.txt"
    _uv(
        *("export", "--locked", "--no-dev", "--no-editable", "--no-hashes", "--no-header"),
        *("--package", "lambda-api", "--output-file", str(requirements)),
    )
    _uv(
        *("pip", "install", "--target", str(folder), "--requirements", str(requirements)),
        *("--python-platform", _PLATFORM, "--python-version", _PYTHON),
        # Our own packages are pure Python and are built here; all others come as wheels.
        *("--only-binary", ":all:", "--no-binary", "fibcore", "--no-binary", "lambda-api"),
        *("--no-deps", "--no-compile-bytecode"),
    )
    requirements.unlink()
    _trim(folder)
    _make_readable(folder)


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


def _make_readable(folder: Path) -> None:
    """Give every file the permissions that AWS Lambda needs, whatever this user's umask."""
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


@jsii.implements(ILocalBundling)
class _UvBundling:
    def try_bundle(self, output_dir: str, options: Any = None, **rest: Any) -> bool:
        del options, rest
        bundle(Path(output_dir))
        return True
