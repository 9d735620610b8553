"""One CloudFront distribution for everything: the site at `/`, the backends below `/api/`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aws_cdk import Aws, Duration, Stack
from aws_cdk.aws_certificatemanager import Certificate, CertificateValidation
from aws_cdk.aws_cloudfront import (
    AllowedMethods,
    BehaviorOptions,
    CachePolicy,
    Distribution,
    ErrorResponse,
    Function,
    FunctionAssociation,
    FunctionCode,
    FunctionEventType,
    FunctionRuntime,
    HttpVersion,
    IOrigin,
    OriginRequestCookieBehavior,
    OriginRequestHeaderBehavior,
    OriginRequestPolicy,
    OriginRequestQueryStringBehavior,
    PriceClass,
    SecurityPolicyProtocol,
    ViewerProtocolPolicy,
)
from aws_cdk.aws_route53 import AaaaRecord, ARecord, HostedZone, RecordTarget
from aws_cdk.aws_route53_targets import CloudFrontTarget
from constructs import Construct

from infra.components.custom_domain import CustomDomain
from infra.components.site_headers import site_headers
from infra.nag_suppressions import suppress
from infra.stage import Stage

STRIP_PREFIX: Final = Path(__file__).with_name("strip_prefix.js")

# CloudFront caches a GET's answer with one of these statuses for 10 seconds unless told otherwise,
# and it ignores the origin's `no-store` for them.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
_CACHED_ERRORS: Final = (404, 405, 414, 500, 501, 502, 503, 504)

# The request headers that the contract reads, and those of a CORS preflight. Nothing else is
# forwarded: an HTTP API refuses more than 10,240 bytes of headers.
_FORWARDED_HEADERS: Final = (
    "If-None-Match",
    "Origin",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
)


def path_of(backend: str) -> str:
    """Return the path of a backend below the site's address."""
    return f"/api/{backend}"


def account_wide_name(scope: Construct, name: str) -> str:
    """Return a name for a resource whose names are unique in the account, over all regions."""
    return f"{Stack.of(scope).stack_name}-{name}-{Aws.REGION}"


class SiteDistribution(Construct):
    """The distribution, with its certificate and DNS records if the stage has a domain.

    Args:
        scope: The stack.
        stage: Says which requests are logged.
        site: The origin of the site's files.
        backends: The origins of the backends, by name.
        domain: The address to serve at; None for CloudFront's own.

    Attributes:
        distribution: The distribution itself.
        url: The site's address, without a slash at the end.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        site: IOrigin,
        backends: Mapping[str, IOrigin],
        domain: CustomDomain | None,
    ) -> None:
        super().__init__(scope, "Distribution")
        zone = domain and HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=domain.hosted_zone, zone_name=domain.name
        )
        self.distribution = Distribution(
            self,
            "Distribution",
            comment=Stack.of(self).stack_name,
            default_root_object="index.html",
            default_behavior=BehaviorOptions(
                origin=site,
                response_headers_policy=site_headers(self, name=account_wide_name(self, "headers")),
                viewer_protocol_policy=ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            ),
            additional_behaviors=self._to_backends(backends),
            error_responses=[
                ErrorResponse(http_status=status, ttl=Duration.seconds(0))
                for status in _CACHED_ERRORS
            ],
            http_version=HttpVersion.HTTP2_AND_3,
            # Without a domain, CloudFront's own certificate decides about the protocol.
            minimum_protocol_version=SecurityPolicyProtocol.TLS_V1_2_2021 if domain else None,
            price_class=PriceClass.PRICE_CLASS_100,
            domain_names=[domain.name] if domain else None,
            certificate=Certificate(
                self,
                "Certificate",
                domain_name=domain.name,
                validation=CertificateValidation.from_dns(zone),
            )
            if domain
            else None,
        )
        suppress(
            self.distribution,
            CFR1="a public counter, for every country",
            CFR2="API Gateway and the table throttle; nothing throttles the server's answers from "
            "memory, and docs/costs.md says what a flood of them costs",
            CFR3="nothing logs who asks for the site's files, which are public; "
            "API Gateway logs each request to the Lambda backend; "
            + (
                "the server logs each of its own (FIB_ACCESS_LOG is 1)"
                if stage.access_log
                else "this stage logs none to the server (access_log in stages.toml)"
            ),
        )
        if not domain:
            suppress(
                self.distribution,
                CFR4="the certificate is CloudFront's own, and so is the choice of TLS versions",
            )
        if zone:
            target = RecordTarget.from_alias(CloudFrontTarget(self.distribution))
            ARecord(self, "Address", zone=zone, target=target)
            AaaaRecord(self, "AddressV6", zone=zone, target=target)
        self.url = f"https://{domain.name if domain else self.distribution.domain_name}"

    def _to_backends(self, origins: Mapping[str, IOrigin]) -> dict[str, BehaviorOptions]:
        strip_prefix = Function(
            self,
            "StripPrefix",
            code=FunctionCode.from_file(file_path=str(STRIP_PREFIX)),
            runtime=FunctionRuntime.JS_2_0,
        )
        forwarded = OriginRequestPolicy(
            self,
            "Forwarded",
            origin_request_policy_name=account_wide_name(self, "forwarded"),
            comment="what the contract reads of a request",
            # CloudFront answers no conditional requests if it forwards cookies.
            cookie_behavior=OriginRequestCookieBehavior.none(),
            header_behavior=OriginRequestHeaderBehavior.allow_list(*_FORWARDED_HEADERS),
            query_string_behavior=OriginRequestQueryStringBehavior.none(),
        )
        # Nothing is cached and nothing is collapsed. Otherwise CloudFront would make one request of
        # two equal requests at the same time. Steps are POSTs, which it never repeats.
        return {
            f"{path_of(backend)}/*": BehaviorOptions(
                origin=origin,
                allowed_methods=AllowedMethods.ALLOW_ALL,
                cache_policy=CachePolicy.CACHING_DISABLED,
                origin_request_policy=forwarded,
                viewer_protocol_policy=ViewerProtocolPolicy.HTTPS_ONLY,
                function_associations=[
                    FunctionAssociation(
                        event_type=FunctionEventType.VIEWER_REQUEST, function=strip_prefix
                    )
                ],
            )
            for backend, origin in origins.items()
        }
