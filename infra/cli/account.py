"""The AWS account to which the caller's credentials lead."""

import os
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError

from infra.cli.command_errors import NOT_OF_AWS, NoAccount, explain

_PREFIX_LIST_NAME: Final = "com.amazonaws.global.cloudfront.origin-facing"
_BOOTSTRAP_VERSION: Final = "/cdk-bootstrap/hnb659fds/version"


@dataclass(frozen=True)
class Account:
    """An account in one region.

    Attributes:
        number: Its twelve digits.
        region: The region of the stacks.
        session: The session that makes its clients.
    """

    number: str
    region: str
    session: boto3.Session
    _clients: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def client(self, service: str) -> Any:
        """Return the client of one of the account's services."""
        if service not in self._clients:
            # botocore builds all of a service's methods for each client, so one is kept.
            client = self.session.client(service)  # type: ignore[call-overload] # any service
            self._clients[service] = client
        return self._clients[service]

    def is_bootstrapped(self) -> bool:
        """Tell whether `cdk bootstrap` has run here, by the parameter that `cdk deploy` reads."""
        ssm = self.client("ssm")
        try:
            ssm.get_parameter(Name=_BOOTSTRAP_VERSION)
        except ssm.exceptions.ParameterNotFound:
            return False
        return True

    def cloudfront_prefix_list(self) -> str:
        """Return the id of AWS's list of CloudFront's addresses in this region.

        Raises:
            NoAccount: The region has no such list.
        """
        named = [{"Name": "prefix-list-name", "Values": [_PREFIX_LIST_NAME]}]
        found = self.client("ec2").describe_managed_prefix_lists(Filters=named)
        if not found["PrefixLists"]:
            raise NoAccount(f"{self.region} has no prefix list {_PREFIX_LIST_NAME}")
        (prefix_list,) = found["PrefixLists"]
        return str(prefix_list["PrefixListId"])


def identify() -> Account:
    """Return the account of the caller's credentials, in the region of the environment or profile.

    Raises:
        NoAccount: No region is named, there are no credentials, or AWS rejects them.
    """
    # `cdk` and our backends read both variables, boto3 only AWS_DEFAULT_REGION.
    session = boto3.Session(region_name=os.environ.get("AWS_REGION") or None)
    if not session.region_name:
        raise NoAccount("no region: set AWS_REGION, or a profile with a region")
    try:
        credentials = session.get_credentials()
    # A `credential_process` can print anything, and botocore raises errors of many types then.
    except Exception as fault:
        raise NoAccount(f"no AWS credentials: {explain(fault)}") from fault
    if not credentials:
        raise NoAccount("no AWS credentials: `aws configure`, or set AWS_PROFILE")
    try:
        number = session.client("sts").get_caller_identity().get("Account")
    except ClientError as fault:
        raise NoAccount(f"AWS rejected the credentials: {explain(fault)}") from fault
    if not number:
        # botocore reads an empty answer as one without an account.
        raise NoAccount(NOT_OF_AWS)
    return Account(number, session.region_name, session)
