"""Which AWS services may use the stage's resources, and for whom.

A service acts for every customer of AWS. A policy that names a service also names the account or
the resource for which it acts, or a stranger's resource could make the service act for it:
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from collections.abc import Callable

import pytest

from tests.infra.conftest import Templates

SOURCES = {"aws:sourcearn", "aws:sourceaccount"}


@pytest.fixture
def stage(templates_of: Callable[..., Templates]) -> Templates:
    """A stage with everything that has a policy."""
    return templates_of("dev", alarm_email="ops@example.org", monthly_budget_dollars=50)


@pytest.mark.parametrize("kind", ["AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy"])
def test_policies_name_the_source_of_a_service(stage: Templates, kind: str) -> None:
    statements = stage.one(kind)["PolicyDocument"]["Statement"]
    services = [each for each in statements if "Service" in each["Principal"]]
    assert services
    for statement in services:
        conditions = {key.lower() for keys in statement["Condition"].values() for key in keys}
        assert conditions & SOURCES, statement


def test_permissions_name_the_source_of_a_service(stage: Templates) -> None:
    permissions = stage.of("AWS::Lambda::Permission")
    assert {each["Properties"]["Principal"] for each in permissions} == {
        "apigateway.amazonaws.com",
        "events.amazonaws.com",
    }
    assert all(each["Properties"]["SourceArn"] for each in permissions)
