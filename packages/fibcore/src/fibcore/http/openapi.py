"""The OpenAPI 3.1 document, generated from the contract."""

from typing import Any

from fibcore.counter import Operation
from fibcore.http import contract, problems
from fibcore.http.contract import Route
from fibcore.http.problems import Problem
from fibcore.settings import INDEX_LIMIT
from fibcore.version import VERSION

_INDEX_SCHEMA = {
    "type": "integer",
    "minimum": 0,
    "maximum": INDEX_LIMIT,
    "description": "The position in the sequence: F(0) = 0, F(1) = 1.",
}
_TERM_SCHEMA = {
    "type": "object",
    "required": ["index", "value"],
    "additionalProperties": False,
    "properties": {
        "index": _INDEX_SCHEMA,
        "value": {
            "type": "string",
            "pattern": "^(0|[1-9][0-9]*)$",
            "description": "F(index) in decimal, of any length.",
        },
    },
}
_HEALTH_SCHEMA = {
    "type": "object",
    "required": ["status"],
    "additionalProperties": False,
    "properties": {"status": {"const": "ok"}},
}
_REFUSED_BY = {
    Operation.NEXT: (problems.PAST_END,),
    Operation.PREVIOUS: (problems.BEFORE_START,),
}
_SCHEMA_NAMES = {
    "health": "Health",
    "openapi": "OpenApi",
}


def openapi_document() -> dict[str, Any]:
    """Return the document as data, ready for JSON."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fib",
            "version": VERSION,
            "summary": "A counter that steps through the Fibonacci sequence.",
        },
        "paths": {route.path: _path_item(route) for route in contract.ROUTES},
        "components": {
            "schemas": {
                "Term": _TERM_SCHEMA,
                "Health": _HEALTH_SCHEMA,
                "OpenApi": {"type": "object", "required": ["openapi"]},
                **{
                    _schema_name(problem): _problem_schema(problem) for problem in problems.PROBLEMS
                },
            }
        },
    }


def _path_item(route: Route) -> dict[str, Any]:
    item = {
        method.lower(): _operation(route, method) for method in route.methods if method != "OPTIONS"
    }
    item["options"] = {
        "operationId": f"{route.name}-options",
        "summary": "Which methods this path serves",
        "responses": {
            "204": {
                "description": "The allowed methods; also the answer to a browser's preflight",
                "headers": {name: _header() for name, _ in contract.preflight_headers(route)},
            },
        },
    }
    return item


def _operation(route: Route, method: str) -> dict[str, Any]:
    operation_id = route.name + ("-head" if method == "HEAD" else "")
    answer: dict[str, Any] = {"description": route.summary}
    if method != "HEAD":
        schema = _SCHEMA_NAMES.get(route.name, "Term")
        answer["content"] = {contract.JSON: {"schema": _reference(schema)}}
    responses = {"200": answer}
    operation: dict[str, Any] = {"operationId": operation_id, "summary": route.summary}
    if route.operation is Operation.CURRENT:
        answer["headers"] = {"ETag": _header()}
        responses["304"] = {
            "description": "The index is still the one in `If-None-Match`",
            "headers": {"ETag": _header()},
        }
        operation["parameters"] = [
            {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}
        ]
    for status, possible in _problems(route).items():
        responses[str(status)] = _problem_response(possible, has_body=method != "HEAD")
    return operation | {"responses": responses}


def _problems(route: Route) -> dict[int, list[Problem]]:
    possible = [problems.METHOD_NOT_ALLOWED, problems.BODY_TOO_LARGE]
    if route.operation:
        possible += _REFUSED_BY.get(route.operation, ())
        possible += [problems.UNAVAILABLE, problems.INTERNAL]
        if route.operation is not Operation.CURRENT:
            possible.append(problems.OUTCOME_UNKNOWN)
    by_status: dict[int, list[Problem]] = {}
    for problem in possible:
        by_status.setdefault(problem.status, []).append(problem)
    return by_status


def _problem_response(possible: list[Problem], *, has_body: bool) -> dict[str, Any]:
    response: dict[str, Any] = {"description": " or ".join(problem.title for problem in possible)}
    if has_body:
        schemas = [_reference(_schema_name(problem)) for problem in possible]
        schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
        response["content"] = {problems.PROBLEM_JSON: {"schema": schema}}
    if any(problem.retry for problem in possible):
        response["headers"] = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}}}
    if problems.METHOD_NOT_ALLOWED in possible:
        response["headers"] = {"Allow": _header()}
    return response


def _problem_schema(problem: Problem) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "type": {"const": problem.type},
        "title": {"const": problem.title},
        "status": {"const": problem.status},
        "detail": {"const": problem.detail},
    }
    if problem in {problems.BEFORE_START, problems.PAST_END}:
        properties["index"] = _INDEX_SCHEMA
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _schema_name(problem: Problem) -> str:
    return problem.name.title().replace("-", "")


def _reference(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}


def _header() -> dict[str, Any]:
    return {"schema": {"type": "string"}}
