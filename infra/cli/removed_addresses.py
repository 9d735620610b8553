"""Find the addresses that a deploy would remove."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def removed_addresses(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the aliases, certificates and DNS records that only the first template has.

    Args:
        before: The template of the website stack as it is deployed.
        after: The template that is about to be deployed.
    """
    return sorted(set(_addresses(before)) - set(_addresses(after)))


def _addresses(template: Mapping[str, Any]) -> Iterator[str]:
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::CloudFront::Distribution":
                for alias in properties["DistributionConfig"].get("Aliases", []):
                    yield f"the alias {_text(alias)}"
            case "AWS::CertificateManager::Certificate":
                yield f"the certificate of {_text(properties['DomainName'])}"
            case "AWS::Route53::RecordSet":
                yield f"the {properties['Type']} record of {_text(properties['Name'])}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
