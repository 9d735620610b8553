"""Resources that the rehearsal can only make up, where no other test of the templates has them."""

from server_api.settings import PORT

from infra.distribution import STRIP_PREFIX
from infra.load_balancer import LISTENER_PORT
from tests.infra.conftest import Templates


def test_the_alias_is_of_the_version_that_the_template_publishes(dev: Templates) -> None:
    alias = dev.one("AWS::Lambda::Alias")
    _, attribute = alias["FunctionVersion"]["Fn::GetAtt"]
    assert attribute == "Version"
    assert alias["FunctionName"] == dev.one("AWS::Lambda::Version")["FunctionName"]


def test_cold_starts_are_counted_by_what_lambda_writes_when_it_restores(dev: Templates) -> None:
    counted = dev.one("AWS::Logs::MetricFilter")
    assert counted["FilterPattern"] == "RESTORE_START"
    function = dev.one("AWS::Lambda::Function", stack="api-gateway")
    assert counted["LogGroupName"] == function["LoggingConfig"]["LogGroup"]


def test_the_load_balancer_opens_connections_to_the_server_alone(dev: Templates) -> None:
    way_out = dev.one("AWS::EC2::SecurityGroupEgress")
    assert "DestinationSecurityGroupId" in way_out
    assert not {"CidrIp", "CidrIpv6"} & set(way_out)
    assert way_out["FromPort"] == way_out["ToPort"] == int(PORT.default)


def test_cloudfront_runs_our_function_as_soon_as_it_is_deployed(dev: Templates) -> None:
    function = dev.one("AWS::CloudFront::Function")
    assert function["FunctionCode"] == STRIP_PREFIX.read_text()
    assert function["AutoPublish"] is True


def test_cloudfront_signs_what_it_asks_the_bucket(dev: Templates) -> None:
    control = dev.one("AWS::CloudFront::OriginAccessControl")["OriginAccessControlConfig"]
    assert control["OriginAccessControlOriginType"] == "s3"
    assert control["SigningBehavior"] == "always"


def test_cloudfront_reaches_the_load_balancer_inside_the_network(dev: Templates) -> None:
    origin = dev.one("AWS::CloudFront::VpcOrigin")["VpcOriginEndpointConfig"]
    assert origin["HTTPPort"] == LISTENER_PORT
    assert origin["OriginProtocolPolicy"] == "http-only"
    assert "LoadBalancer" in str(origin["Arn"])
