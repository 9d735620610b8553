"""Where the local stack listens and keeps its data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from fibcore.errors import InvalidSettings

_DEFAULT_PORTS = {
    "SITE_PORT": 3000,
    "SERVER_PORT": 8080,
    "LAMBDA_PORT": 8081,
    "DYNAMODB_PORT": 8000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """The ports on localhost, by process, and the folder for data and logs."""

    site_port: int
    server_port: int
    lambda_port: int
    dynamodb_port: int
    data_dir: Path

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read `SITE_PORT`, `SERVER_PORT`, `LAMBDA_PORT`, `DYNAMODB_PORT` and `DATA_DIR`.

        Raises:
            InvalidSettings: One line that names every variable at fault.
        """
        ports: dict[str, int] = {}
        faults: list[str] = []
        for name, default in _DEFAULT_PORTS.items():
            text = environ.get(name) or str(default)
            if not text.isdecimal() or not 1 <= int(text) <= 65_535:
                faults.append(f"{name} is a port from 1 to 65535, not {text!r}")
            elif int(text) in ports.values():
                faults.append(f"{name} is {text}, which another process of the stack has")
            else:
                ports[name] = int(text)
        if faults:
            raise InvalidSettings("; ".join(faults))
        return cls(
            site_port=ports["SITE_PORT"],
            server_port=ports["SERVER_PORT"],
            lambda_port=ports["LAMBDA_PORT"],
            dynamodb_port=ports["DYNAMODB_PORT"],
            data_dir=Path(environ.get("DATA_DIR") or ".local").absolute(),
        )

    @property
    def port_names(self) -> dict[int, str]:
        """Which variable sets which port."""
        return {
            self.site_port: "SITE_PORT",
            self.server_port: "SERVER_PORT",
            self.lambda_port: "LAMBDA_PORT",
            self.dynamodb_port: "DYNAMODB_PORT",
        }
