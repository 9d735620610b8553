"""One CloudFront distribution for everything: the site at `/`, the backends below `/api/`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aws_cdk import Stack
from aws_cdk.aws_certificatemanager import Certificate, CertificateValidation
from aws_cdk.aws_cloudfront import (
    AllowedMethods,
    BehaviorOptions,
    CachePolicy,
    Distribution,
    Function,
    FunctionAssociation,
    FunctionCode,
    FunctionEventType,
    FunctionRuntime,
    HttpVersion,
    IOrigin,
    OriginRequestPolicy,
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

STRIP_PREFIX: Final = Path(__file__).with_name("strip_prefix.js")


def path_of(backend: str) -> str:
    """Return where a backend is, below the site's address."""
    return f"/api/{backend}"


class SiteDistribution(Construct):
    """The distribution, with its certificate and address where it has a domain of its own.

    Args:
        scope: The stack.
        site: Where the site's files come from.
        backends: Where the backends are, by name.
        domain: The address to serve at, if not CloudFront's own.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        site: IOrigin,
        backends: Mapping[str, IOrigin],
        domain: CustomDomain | None,
    ) -> None:
        super().__init__(scope, "Distribution")
        zone = domain and HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=domain.hosted_zone, zone_name=domain.name
        )
        distribution = Distribution(
            self,
            "Distribution",
            comment=Stack.of(self).stack_name,
            default_root_object="index.html",
            default_behavior=BehaviorOptions(
                origin=site,
                response_headers_policy=site_headers(self),
                viewer_protocol_policy=ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            ),
            additional_behaviors=self._to_backends(backends),
            http_version=HttpVersion.HTTP2_AND_3,
            # Without a domain it is CloudFront's own certificate that says.
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
            distribution,
            CFR1="a counter for everybody, everywhere",
            CFR2="a flood is throttled at the gateway and at the table; a WAF costs more than both",
            CFR3="both backends log what they are asked",
        )
        if not domain:
            suppress(distribution, CFR4="the certificate is CloudFront's own, and so is its TLS")
        if zone:
            target = RecordTarget.from_alias(CloudFrontTarget(distribution))
            ARecord(self, "Address", zone=zone, target=target)
            AaaaRecord(self, "AddressV6", zone=zone, target=target)
        self.url = f"https://{domain.name if domain else distribution.domain_name}"

    def _to_backends(self, origins: Mapping[str, IOrigin]) -> dict[str, BehaviorOptions]:
        strip_prefix = Function(
            self,
            "StripPrefix",
            code=FunctionCode.from_file(file_path=str(STRIP_PREFIX)),
            runtime=FunctionRuntime.JS_2_0,
        )
        # Nothing is cached, and nothing is collapsed: CloudFront would else make one request of
        # two equal ones that come at once. Steps are POST, which it never repeats either.
        return {
            f"{path_of(backend)}/*": BehaviorOptions(
                origin=origin,
                allowed_methods=AllowedMethods.ALLOW_ALL,
                cache_policy=CachePolicy.CACHING_DISABLED,
                origin_request_policy=OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
                viewer_protocol_policy=ViewerProtocolPolicy.HTTPS_ONLY,
                function_associations=[
                    FunctionAssociation(
                        event_type=FunctionEventType.VIEWER_REQUEST, function=strip_prefix
                    )
                ],
            )
            for backend, origin in origins.items()
        }
