"""The AWS account that the caller's credentials lead to."""

import os
from typing import Final, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.cli.errors import NoAccount

_PREFIX_LIST_NAME: Final = "com.amazonaws.global.cloudfront.origin-facing"
_BOOTSTRAP_VERSION: Final = "/cdk-bootstrap/hnb659fds/version"


class Account(NamedTuple):
    """An account in one region.

    Attributes:
        number: Its twelve digits.
        region: Where stacks are deployed.
        session: How it is asked.
    """

    number: str
    region: str
    session: boto3.Session

    def is_bootstrapped(self) -> bool:
        """Tell whether `cdk bootstrap` has been here: the parameter that `cdk deploy` asks for."""
        ssm = self.session.client("ssm")
        try:
            ssm.get_parameter(Name=_BOOTSTRAP_VERSION)
        except ssm.exceptions.ParameterNotFound:
            return False
        return True

    def cloudfront_prefix_list(self) -> str:
        """Return the id of AWS's list of the addresses from which CloudFront asks, in this region.

        Raises:
            NoAccount: The region has none.
        """
        named = [{"Name": "prefix-list-name", "Values": [_PREFIX_LIST_NAME]}]
        found = self.session.client("ec2").describe_managed_prefix_lists(Filters=named)
        if not found["PrefixLists"]:
            raise NoAccount(f"{self.region} has no prefix list {_PREFIX_LIST_NAME}")
        (prefix_list,) = found["PrefixLists"]
        return str(prefix_list["PrefixListId"])


def account_session() -> boto3.Session:
    """Return a session in the region that the environment or the profile names.

    Raises:
        NoAccount: None is named, or there are no credentials.
    """
    # boto3 reads the second of the two alone, `cdk` and our backends the first as well.
    session = boto3.Session(region_name=os.environ.get("AWS_REGION") or None)
    if not session.region_name:
        raise NoAccount("no region: set AWS_REGION, or a profile with one")
    try:
        credentials = session.get_credentials()
    except BotoCoreError as fault:
        raise NoAccount(f"no credentials: {fault}") from fault
    if not credentials:
        raise NoAccount("no AWS credentials: `aws configure`, or set AWS_PROFILE")
    return session


def identify() -> Account:
    """Ask AWS whose credentials these are.

    Raises:
        NoAccount: There are none, or they are refused.
    """
    session = account_session()
    try:
        number = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as fault:
        raise NoAccount(f"the AWS credentials do not serve: {fault}") from fault
    return Account(number, session.region_name, session)
