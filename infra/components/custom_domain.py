"""An address of one's own to serve at."""

from typing import Final, NamedTuple, Self

CERTIFICATE_REGION: Final = "us-east-1"
"""The one region whose certificates CloudFront takes."""


class CustomDomain(NamedTuple):
    """A name to serve at, and the id of the hosted zone that it is in."""

    name: str
    hosted_zone: str

    @classmethod
    def configured(cls, name: str, hosted_zone: str, *, region: str) -> Self | None:
        """Return the domain, or None where neither is set.

        Raises:
            ValueError: One is set without the other, or the region is not the certificate's.
        """
        if bool(name) != bool(hosted_zone):
            raise ValueError("domain and hosted_zone (its id) are set together or not at all")
        if name and region != CERTIFICATE_REGION:
            raise ValueError(
                f"CloudFront takes certificates of {CERTIFICATE_REGION} only: deploy there, "
                f"not in {region}"
            )
        return cls(name, hosted_zone) if name else None
