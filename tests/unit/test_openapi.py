from fibcore.http import contract, problems
from fibcore.http.openapi import openapi_document
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator


def test_document_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(openapi_document()).validate()


def test_every_route_and_every_problem_is_described() -> None:
    document = openapi_document()
    assert set(document["paths"]) == {route.path for route in contract.ROUTES}
    described = {
        schema["properties"]["type"]["const"]
        for schema in document["components"]["schemas"].values()
        if "type" in schema.get("properties", {})
    }
    assert described == {problem.type for problem in problems.PROBLEMS}


def test_term_schema_requires_a_string_value() -> None:
    term = Draft202012Validator(openapi_document()["components"]["schemas"]["Term"])
    assert term.is_valid({"index": 100_000, "value": "1" * 20_000})
    assert not term.is_valid({"index": 7, "value": 13})
    assert not term.is_valid({"index": -1, "value": "1"})
    assert not term.is_valid({"index": 7, "value": "013"})
