"""The website's stack: bucket, distribution, `config.json`, outputs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.app import build, create_app
from infra.components.site_headers import SITE
from infra.stage import Stage
from tests.infra.conftest import NO_BUNDLING, Templates, as_text


def test_bucket_is_read_by_cloudfront_only(dev: Templates) -> None:
    bucket = dev.one("AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]
    policy = dev.one("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    readers = [rule["Principal"] for rule in policy if rule["Action"] == "s3:GetObject"]
    assert readers == [{"Service": "cloudfront.amazonaws.com"}]


def test_cloudfront_passes_steps_on_uncached(dev: Templates) -> None:
    distribution = dev.one("AWS::CloudFront::Distribution")["DistributionConfig"]
    behaviours = {each["PathPattern"]: each for each in distribution["CacheBehaviors"]}
    assert set(behaviours) == {"/api/server/*", "/api/lambda/*"}
    for behaviour in behaviours.values():
        assert "POST" in behaviour["AllowedMethods"]
        # This is the id of AWS's managed policy that caches nothing.
        assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        assert behaviour["FunctionAssociations"][0]["EventType"] == "viewer-request"
        assert behaviour["ViewerProtocolPolicy"] == "https-only"


def test_cloudfront_and_local_site_send_equal_headers(dev: Templates) -> None:
    policy = dev.one("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    security = policy["SecurityHeadersConfig"]
    transport = security["StrictTransportSecurity"]
    sent = {
        "Content-Security-Policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "Strict-Transport-Security": f"max-age={transport['AccessControlMaxAgeSec']}"
        + ("; includeSubDomains" if transport["IncludeSubdomains"] else ""),
        "X-Content-Type-Options": "nosniff" if security["ContentTypeOptions"] else "",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        **{each["Header"]: each["Value"] for each in policy["CustomHeadersConfig"]["Items"]},
    }
    local: dict[str, str] = json.loads((SITE / "response_headers.json").read_text())
    # In AWS the backends have the site's own address, which 'self' allows.
    local["Content-Security-Policy"] = local["Content-Security-Policy"].replace(
        " {backend_origins}", ""
    )
    assert sent == local


def test_outputs_name_table_and_urls(dev: Templates) -> None:
    outputs = {stack: dev.outputs(stack) for stack in ("storage", "api-gateway", "website")}
    assert {"TableName"} <= set(outputs["storage"])
    assert outputs["api-gateway"]["ApiGatewayUrl"] == "ApiEndpoint"
    assert outputs["website"] == {
        "WebsiteUrl": "https://DomainName",
        "ServiceUrl": "https://DomainName/api/server",
        "LambdaUrl": "https://DomainName/api/lambda",
    }


def _written_at_deploy(templates: Templates, name: str) -> str:
    """Return a file that the stack writes, as the CDK's function copies it to the bucket."""
    copied = templates.one("Custom::CDKBucketDeployment", stack="website")
    # A later source replaces the files of an earlier one.
    for key, markers in reversed(
        list(zip(copied["SourceObjectKeys"], copied["SourceMarkers"], strict=True))
    ):
        file = templates.folder / f"asset.{Path(key).stem}" / name
        if file.exists():
            text = file.read_text()
            for marker, value in markers.items():
                text = text.replace(marker, as_text(value))
            return text
    pytest.fail(f"no source contains {name}")


def test_role_that_copies_files_has_minimal_rights(dev: Templates) -> None:
    """Prove that the CDK's function may copy the site and write its own log, and nothing else."""
    resources = dev.resources("website")
    (copied,) = dev.of("Custom::CDKBucketDeployment", stack="website")
    function = resources[copied["Properties"]["ServiceToken"]["Fn::GetAtt"][0]]
    role = function["Properties"]["Role"]["Fn::GetAtt"][0]
    assert not resources[role]["Properties"].get("ManagedPolicyArns")
    (policy,) = [
        logical_id
        for logical_id, each in resources.items()
        if each["Type"] == "AWS::IAM::Policy" and {"Ref": role} in each["Properties"]["Roles"]
    ]
    assert policy in function["DependsOn"]
    (assets,) = {name["Fn::Sub"] for name in copied["Properties"]["SourceBucketNames"]}
    log = function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
    bucket = copied["Properties"]["DestinationBucketName"]["Ref"]
    rights = {
        _arn(statement["Resource"]): statement["Action"]
        for statement in resources[policy]["Properties"]["PolicyDocument"]["Statement"]
    }
    assert rights == {
        log: ["logs:CreateLogStream", "logs:PutLogEvents"],
        f"arn:${{AWS::Partition}}:s3:::{assets}/*": "s3:GetObject",
        bucket: "s3:ListBucket",
        f"{bucket}/*": ["s3:DeleteObject", "s3:PutObject"],
    }


def _arn(resource: dict[str, Any]) -> str:
    """Return an ARN with the logical ids of resources in the place of their ARNs."""
    match resource:
        case {"Fn::Join": ["", parts]}:
            return "".join(part if isinstance(part, str) else _arn(part) for part in parts)
        case {"Fn::GetAtt": [logical_id, "Arn"]}:
            return str(logical_id)
        case {"Ref": name}:
            return f"${{{name}}}"
    raise AssertionError(resource)


def test_config_names_both_backends(dev: Templates) -> None:
    outputs = dev.outputs("website")
    assert json.loads(_written_at_deploy(dev, "config.json")) == {
        "backends": [
            {"name": "server", "url": outputs["ServiceUrl"]},
            {"name": "lambda", "url": outputs["LambdaUrl"]},
        ]
    }


def test_preview_picture_has_an_absolute_address(dev: Templates) -> None:
    page = (SITE / "public" / "index.html").read_text()
    assert page.count('content="preview.png"') == 1
    address = f"{dev.outputs('website')['WebsiteUrl']}/preview.png"
    deployed = _written_at_deploy(dev, "index.html")
    assert deployed == page.replace('content="preview.png"', f'content="{address}"')


def test_cloudfront_caches_no_error(dev: Templates) -> None:
    """CloudFront caches these statuses of a GET for 10 s by default, whatever the origin says.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
    """
    distribution = dev.one("AWS::CloudFront::Distribution")["DistributionConfig"]
    ttls = {
        each["ErrorCode"]: each["ErrorCachingMinTTL"]
        for each in distribution["CustomErrorResponses"]
    }
    assert ttls == dict.fromkeys([404, 405, 414, 500, 501, 502, 503, 504], 0)


def test_backends_get_only_headers_they_read(dev: Templates) -> None:
    """Prove that cookies and large or strange headers of a viewer can't fail a request.

    An HTTP API takes 10,240 bytes of headers in all. CloudFront supports conditional requests only
    where it forwards no cookies.
    """
    policy = dev.one("AWS::CloudFront::OriginRequestPolicy")["OriginRequestPolicyConfig"]
    assert policy["CookiesConfig"] == {"CookieBehavior": "none"}
    assert policy["QueryStringsConfig"] == {"QueryStringBehavior": "none"}
    assert policy["HeadersConfig"]["HeaderBehavior"] == "whitelist"
    assert set(policy["HeadersConfig"]["Headers"]) == {
        "If-None-Match",
        "Origin",
        "Access-Control-Request-Headers",
        "Access-Control-Request-Method",
    }
    (policy_id,) = [
        logical_id
        for logical_id, resource in dev.resources("website").items()
        if resource["Type"] == "AWS::CloudFront::OriginRequestPolicy"
    ]
    distribution = dev.one("AWS::CloudFront::Distribution")["DistributionConfig"]
    for behaviour in distribution["CacheBehaviors"]:
        assert behaviour["OriginRequestPolicyId"] == {"Ref": policy_id}


def test_custom_domain_is_the_address(templates_of: Callable[..., Templates]) -> None:
    own = templates_of("dev", domain="fib.example.org", hosted_zone="Z123")
    distribution = own.one("AWS::CloudFront::Distribution")["DistributionConfig"]
    assert distribution["Aliases"] == ["fib.example.org"]
    assert distribution["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    certificate = own.one("AWS::CertificateManager::Certificate")
    assert certificate["DomainValidationOptions"] == [
        {"DomainName": "fib.example.org", "HostedZoneId": "Z123"}
    ]
    records = [record["Properties"] for record in own.of("AWS::Route53::RecordSet")]
    assert {(record["Name"], record["Type"]) for record in records} == {
        ("fib.example.org.", "A"),
        ("fib.example.org.", "AAAA"),
    }
    assert own.outputs("website")["ServiceUrl"] == "https://fib.example.org/api/server"
    assert (
        json.loads(_written_at_deploy(own, "config.json"))["backends"][1]["url"]
        == "https://fib.example.org/api/lambda"
    )


def test_domain_outside_its_region_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_DEFAULT_REGION", "eu-west-1")
    stage = Stage(name="dev", domain="fib.example.org", hosted_zone="Z1")
    with pytest.raises(ValueError, match="us-east-1 only: deploy there"):
        build(create_app(NO_BUNDLING), stage)
