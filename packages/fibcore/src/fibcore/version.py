"""The version of the product. Every package and the OpenAPI document read it here."""

VERSION = "1.0.0"
