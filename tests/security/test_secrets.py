"""No file of the repository contains a secret or the number of an AWS account."""

import re
from pathlib import Path

import pytest
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

from tests.checkout_files import ROOT, checkout_files

# Lock files consist of hashes.
NOT_SEARCHED = {"uv.lock", "package-lock.json"}
NO_SECRETS = {
    ("tests/infra/package_assertions.py", "Hex High Entropy String"): "the trace id of an example",
    ("packages/local_stack/src/local_stack/dynamodb_local.py", "Base64 High Entropy String"): (
        "the hash of a public package"
    ),
    ("packages/local_stack/src/local_stack/environment.py", "Secret Keyword"): (
        "credentials for DynamoDB Local, which asks for some"
    ),
    ("tools/build_docs.py", "Base64 High Entropy String"): "the hashes of public packages",
    ("tests/site/test_markup.py", "Base64 High Entropy String"): "sentences of the page",
}
# AWS's own examples, in its documentation and in moto.
EXAMPLE_ACCOUNTS = {"123456789012", "000000000000", "111122223333"}
ACCOUNT = re.compile(r"(?<![\w.])\d{12}(?![\w.])")


def test_ignored_files_are_left_out_without_git(tmp_path: Path) -> None:
    for name in (".venv/x", ".git/x", "a/__pycache__/x", "a/b.egg-info/x", "a/x", ".env"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".gitignore").write_text("# ours\n.venv/\n__pycache__/\n*.egg-info/\n")
    assert checkout_files(tmp_path) == [".env", ".gitignore", "a/x"]


def found_secrets(root: Path, names: list[str]) -> set[tuple[str, str]]:
    secrets = SecretsCollection(root=str(root))
    with default_settings():
        for name in names:
            secrets.scan_file(name)
    return {(name, secret.type) for name, secret in secrets}


@pytest.mark.long
def test_no_secret_stands_in_any_file() -> None:
    searched = [name for name in checkout_files() if name not in NOT_SEARCHED]
    assert found_secrets(ROOT, searched) == set(NO_SECRETS)


def test_a_secret_would_be_found(tmp_path: Path) -> None:
    key = "AKIA" + "IOSFODNN7" + "EXAMPL3"
    (tmp_path / "leak.py").write_text(f'key = "{key}"\n')
    assert ("leak.py", "AWS Access Key") in found_secrets(tmp_path, ["leak.py"])


def test_no_account_number_stands_in_any_file() -> None:
    found = {
        (name, number)
        for name in checkout_files()
        if name not in NOT_SEARCHED
        for number in ACCOUNT.findall((ROOT / name).read_bytes().decode(errors="replace"))
    }
    assert {number for _, number in found} <= EXAMPLE_ACCOUNTS, found
