"""The environment of a local process: it can't reach a real AWS account.

Whatever in the user's environment would change what a local process does is left out: settings of
AWS's tools, Python, Gunicorn, gevent, Flask and Java are there for other programs.
"""

import os
from collections.abc import Mapping
from typing import Final

from fibcore import settings
from server_api.server_settings import PORT

TABLE_NAME = "fib-local"
REGION = "us-east-1"

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""The credentials for DynamoDB Local, which keep boto3 from reading the user's own."""

_OTHERS: Final = (
    "AWS_",
    "BOTO",
    "FLASK_",
    "FORWARDED_ALLOW_IPS",
    "GEVENT",
    "GREENLET_",
    "GUNICORN_",
    "JAVA_",
    "JDK_JAVA_OPTIONS",
    "LISTEN_",  # systemd's sockets
    "PYTHON",
    "SCRIPT_NAME",
    "SENDFILE",
    "WERKZEUG_",
    "_JAVA_OPTIONS",
    "CLASSPATH",
    PORT.name,
)
_KEPT: Final = ("AWS_CA_BUNDLE", "PYTHONUNBUFFERED")

_NO_PROXY: Final = ("NO_PROXY", "no_proxy")
_LOCALHOST: Final = "localhost,127.0.0.1,::1"


def url(port: int) -> str:
    """Return the address of a local process."""
    return f"http://localhost:{port}"


def without_proxy_for_localhost(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that exempt localhost from the user's proxy, which stays set."""
    exempt = {environ[name] for name in _NO_PROXY if environ.get(name)}
    return dict.fromkeys(_NO_PROXY, ",".join([*sorted(exempt), _LOCALHOST]))


def local_environment(
    *, dynamodb_port: int, variables: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return this process's environment for a local process, pointed at DynamoDB Local.

    Args:
        dynamodb_port: Where DynamoDB Local, or a proxy to it, listens.
        variables: Further variables to set.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_OTHERS) or name in _KEPT
    }
    if not has_known_log_level(inherited):
        del inherited[settings.LOG_LEVEL.name]
    return inherited | {
        settings.COUNTER_TABLE_NAME.name: TABLE_NAME,
        settings.AWS_REGION.name: REGION,
        settings.AWS_ENDPOINT_URL_DYNAMODB.name: url(dynamodb_port),
        # Neither Python nor Java reads every path in another locale.
        "PYTHONUTF8": "1",
        "LC_ALL": "C.UTF-8",
        **without_proxy_for_localhost(os.environ),
        **CREDENTIALS,
        **(variables or {}),
    }


def has_known_log_level(environ: Mapping[str, str]) -> bool:
    """Tell whether `LOG_LEVEL` is one of ours or not set; other programs have other levels."""
    level = environ.get(settings.LOG_LEVEL.name, "").strip().lower()
    return level in {"", *settings.LOG_LEVELS}
