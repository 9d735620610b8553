"""A domain of the stage's own."""

from typing import Final, NamedTuple, Self

from infra.stage import Stage

CERTIFICATE_REGION: Final = "us-east-1"
"""CloudFront takes certificates and publishes its metrics in this region only."""


class CustomDomain(NamedTuple):
    """A domain name, and the id of the hosted zone that contains it."""

    name: str
    hosted_zone: str

    @classmethod
    def of_stage(cls, stage: Stage, *, region: str) -> Self | None:
        """Return the domain of a stage, or None if it has none.

        Raises:
            ValueError: The region is not the one of CloudFront's certificates.
        """
        if stage.domain and region != CERTIFICATE_REGION:
            raise ValueError(
                f"CloudFront takes certificates of {CERTIFICATE_REGION} only: deploy there, "
                f"not in {region}"
            )
        return cls(stage.domain, stage.hosted_zone) if stage.domain else None
