"""A moto server with stand-ins for what it lacks: `python -m tests.rehearsal.stand_ins PORT`.

moto has no CloudFormation model of some resources whose names or attributes other resources use.
Each of these gets a stand-in: a name that begins with `stand-in`, and nothing behind it. Four more
resources exist in moto, but their model lacks a part, which this module adds.
"""

import sys
from typing import Any

from moto import server
from moto.awslambda.models import LambdaVersion, lambda_backends
from moto.cloudformation.parsing import get_model_map
from moto.ec2.models import ec2_backends
from moto.ec2.models.security_groups import SecurityGroupIngress
from moto.elbv2.models import FakeTargetGroup

from tests.rehearsal import custom_resources

ATTRIBUTES = {
    "AWS::ApiGatewayV2::Api": {"ApiEndpoint": "https://{}.execute-api.us-east-1.amazonaws.com"},
    "AWS::CloudFront::Distribution": {"DomainName": "{}.cloudfront.net"},
    "AWS::CloudFront::Function": {"FunctionARN": "arn:aws:cloudfront::123456789012:function/{}"},
    "AWS::CloudFront::OriginAccessControl": {"Id": "{}"},
    "AWS::CloudFront::OriginRequestPolicy": {},
    "AWS::CloudFront::ResponseHeadersPolicy": {},
    "AWS::CloudFront::VpcOrigin": {"Id": "{}"},
    "AWS::CloudWatch::Alarm": {"Arn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:{}"},
}


class StandIn:
    """A resource that has only a name."""

    def __init__(self, kind: str, name: str) -> None:
        self.kind, self.physical_resource_id = kind, name
        print(f"stand-in: {kind}", flush=True)

    @classmethod
    def create_from_cloudformation_json(cls, *_: Any, **named: Any) -> "StandIn":
        return cls(named["ResourceType"], f"stand-in-{named['LogicalId']}".lower())

    @classmethod
    def update_from_cloudformation_json(cls, **named: Any) -> "StandIn":
        resource: StandIn = named["original_resource"]
        return resource

    @classmethod
    def has_cfn_attr(cls, _: str) -> bool:
        return True  # nothing asks for attributes that are not in the table above

    def get_cfn_attribute(self, name: str) -> str:
        return ATTRIBUTES[self.kind][name].format(self.physical_resource_id)

    def is_created(self) -> bool:
        return True


class Alias(StandIn):
    """An alias of a function, which moto has, but not for CloudFormation."""

    @classmethod
    def create_from_cloudformation_json(
        cls, _: str, resource: dict[str, Any], account: str, region: str, **named: Any
    ) -> StandIn:
        its = resource["Properties"]
        names = its["Name"], its["FunctionName"], its["FunctionVersion"]
        alias = lambda_backends[account][region].create_alias(*names, "", "")
        return cls(named["ResourceType"], alias.arn)


class Ingress(StandIn):
    """A rule of a security group, also for a prefix list as its source."""

    @classmethod
    def create_from_cloudformation_json(
        cls, name: str, resource: dict[str, Any], account: str, region: str, **named: Any
    ) -> Any:
        its = resource["Properties"]
        if "SourcePrefixListId" not in its:
            theirs = SecurityGroupIngress.create_from_cloudformation_json
            return theirs(name, resource, account, region, **named)
        ec2_backends[account][region].authorize_security_group_ingress(
            *(its["GroupId"], its["IpProtocol"], its["FromPort"], its["ToPort"], []),
            prefix_list_ids=[{"PrefixListId": its["SourcePrefixListId"]}],
        )
        return cls(named["ResourceType"], name)


if __name__ == "__main__":
    custom_resources.install()
    version: Any = LambdaVersion
    targets: Any = FakeTargetGroup
    version.get_cfn_attribute = lambda self, _: str(self.version)
    targets.get_cfn_attribute = lambda self, _: self.arn.rpartition(":")[2]
    models: dict[str, Any] = get_model_map()
    models.update(dict.fromkeys(ATTRIBUTES, StandIn))
    models |= {"AWS::Lambda::Alias": Alias, "AWS::EC2::SecurityGroupIngress": Ingress}
    server.main(["--port", sys.argv[1]])
