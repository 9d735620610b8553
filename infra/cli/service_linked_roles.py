"""Roles that AWS services use in an account, which a fresh account lacks.

AWS creates each role when its service is first used, but that use can fail before the role is
ready: ECS then can't create the cluster or the service. So a deploy creates the roles first.
"""

from typing import Final

from infra.cli.account import Account

SERVICES: Final = (
    "ecs.amazonaws.com",
    "ecs.application-autoscaling.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "vpcorigin.cloudfront.amazonaws.com",
)


def missing_roles(account: Account) -> list[str]:
    """Return the services of a stage that have no role in the account yet."""
    iam = account.client("iam")
    return [
        service
        for service in SERVICES
        if not iam.list_roles(PathPrefix=f"/aws-service-role/{service}/")["Roles"]
    ]


def create_missing_roles(account: Account) -> list[str]:
    """Create the roles that are missing, and return their services.

    Raises:
        botocore.exceptions.ClientError: The caller may not create a role.
    """
    iam = account.client("iam")
    created = []
    for service in missing_roles(account):
        try:
            iam.create_service_linked_role(AWSServiceName=service)
        except iam.exceptions.InvalidInputException:
            continue  # somebody else created it in the meantime
        created.append(service)
    return created
