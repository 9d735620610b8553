"""The stage after its first deploy.

A rehearsal is a deploy by the real `cdk` command to a local moto server instead of AWS.
"""

from collections.abc import Iterator

import pytest

from infra import outputs
from tests.rehearsal.deployment import Deployment
from tests.rehearsal.rehearsal_cloud import cloud


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Deploy all four stacks once into an empty cloud."""
    print("\nrehearsal: the real cdk command against a local moto server", flush=True)
    with cloud() as account:
        stage = Deployment(account, tmp_path_factory.mktemp("rehearsal"))
        stage.begin()
        print("  stand-ins:", *account.stand_ins(), sep="\n    ")
        print("  asserted on the template only:", *account.skipped(), sep="\n    ", flush=True)
        yield stage


@pytest.fixture(scope="session")
def table(deployment: Deployment) -> str:
    """Return the name of the deployed table."""
    return deployment.outputs(outputs.STORAGE)[outputs.TABLE_NAME]
