"""The site's response headers, as a response headers policy of CloudFront."""

import json
from typing import Final

from aws_cdk import Duration
from aws_cdk.aws_cloudfront import (
    HeadersFrameOption,
    HeadersReferrerPolicy,
    ResponseCustomHeader,
    ResponseCustomHeadersBehavior,
    ResponseHeadersContentSecurityPolicy,
    ResponseHeadersContentTypeOptions,
    ResponseHeadersFrameOptions,
    ResponseHeadersPolicy,
    ResponseHeadersReferrerPolicy,
    ResponseHeadersStrictTransportSecurity,
    ResponseSecurityHeadersBehavior,
)
from constructs import Construct

from infra import ROOT

SITE: Final = ROOT / "site"


def site_headers(scope: Construct, *, name: str) -> ResponseHeadersPolicy:
    """Return the policy that sends the headers of `site/response_headers.json`.

    CloudFront has a setting for each security header, and refuses it as a custom header.

    Args:
        scope: The construct that contains the policy.
        name: The policy's name, which is unique in the account.
    """
    headers: dict[str, str] = json.loads((SITE / "response_headers.json").read_text())
    # The backends have the site's own address, which 'self' allows.
    policy = " ".join(headers.pop("Content-Security-Policy").format(backend_origins="").split())
    max_age, *flags = headers.pop("Strict-Transport-Security").split("; ")
    del headers["X-Content-Type-Options"]
    return ResponseHeadersPolicy(
        scope,
        "Headers",
        response_headers_policy_name=name,
        security_headers_behavior=ResponseSecurityHeadersBehavior(
            content_security_policy=ResponseHeadersContentSecurityPolicy(
                content_security_policy=policy.replace(" ;", ";"), override=True
            ),
            content_type_options=ResponseHeadersContentTypeOptions(override=True),
            frame_options=ResponseHeadersFrameOptions(
                frame_option=HeadersFrameOption[headers.pop("X-Frame-Options")], override=True
            ),
            referrer_policy=ResponseHeadersReferrerPolicy(
                referrer_policy=HeadersReferrerPolicy[
                    headers.pop("Referrer-Policy").upper().replace("-", "_")
                ],
                override=True,
            ),
            strict_transport_security=ResponseHeadersStrictTransportSecurity(
                access_control_max_age=Duration.seconds(int(max_age.removeprefix("max-age="))),
                include_subdomains="includeSubDomains" in flags,
                override=True,
            ),
        ),
        custom_headers_behavior=ResponseCustomHeadersBehavior(
            custom_headers=[
                ResponseCustomHeader(header=name, value=value, override=True)
                for name, value in headers.items()
            ]
        ),
    )
