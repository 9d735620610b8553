"""Templates of resources that the rehearsal can only make up, and no other test covers."""

from server_api.server_settings import PORT

from infra.components.distribution import STRIP_PREFIX
from infra.components.load_balancer import LISTENER_PORT
from tests.infra.conftest import Templates


def test_alias_points_to_the_published_version(dev: Templates) -> None:
    alias = dev.one("AWS::Lambda::Alias")
    _, attribute = alias["FunctionVersion"]["Fn::GetAtt"]
    assert attribute == "Version"
    assert alias["FunctionName"] == dev.one("AWS::Lambda::Version")["FunctionName"]


def test_cold_starts_are_counted_from_the_log(dev: Templates) -> None:
    counted = dev.one("AWS::Logs::MetricFilter")
    assert counted["FilterPattern"] == "RESTORE_START"
    function = dev.one("AWS::Lambda::Function", stack="api-gateway")
    assert counted["LogGroupName"] == function["LoggingConfig"]["LogGroup"]


def test_load_balancer_connects_to_the_server_only(dev: Templates) -> None:
    way_out = dev.one("AWS::EC2::SecurityGroupEgress")
    assert "DestinationSecurityGroupId" in way_out
    assert not {"CidrIp", "CidrIpv6"} & set(way_out)
    assert way_out["FromPort"] == way_out["ToPort"] == int(PORT.default)


def test_cloudfront_function_is_published(dev: Templates) -> None:
    function = dev.one("AWS::CloudFront::Function")
    assert function["FunctionCode"] == STRIP_PREFIX.read_text()
    assert function["AutoPublish"] is True


def test_cloudfront_signs_requests_to_the_bucket(dev: Templates) -> None:
    control = dev.one("AWS::CloudFront::OriginAccessControl")["OriginAccessControlConfig"]
    assert control["OriginAccessControlOriginType"] == "s3"
    assert control["SigningBehavior"] == "always"


def test_cloudfront_reaches_the_load_balancer_privately(dev: Templates) -> None:
    origin = dev.one("AWS::CloudFront::VpcOrigin")["VpcOriginEndpointConfig"]
    assert origin["HTTPPort"] == LISTENER_PORT
    assert origin["OriginProtocolPolicy"] == "http-only"
    assert "LoadBalancer" in str(origin["Arn"])
