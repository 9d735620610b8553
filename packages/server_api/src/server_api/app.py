"""The Flask application, and in front of it the short way for the four counting routes."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import flask
from fibcore import Api, Response, contract
from fibcore.api import problem_response
from werkzeug.exceptions import HTTPException

from server_api.body import drain_body

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_COUNTING_PATHS = frozenset(
    route.path for route in contract.ROUTES if route.operation in contract.COUNTING_OPERATIONS
)
_WITHOUT_CONTENT = frozenset({204, 304})
_BODY_TOO_LARGE = "fib.body_too_large"


def create_app(api: Api) -> flask.Flask:
    """Return the application that answers by `api`."""
    app = flask.Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False

    def view(*_: object, **__: object) -> flask.Response:
        response = _respond(api, flask.request.environ)
        return flask.Response(response.body, response.status, response.headers)

    def internal_error(_: Exception) -> flask.Response:
        response = problem_response(contract.INTERNAL)
        return flask.Response(response.body, response.status, response.headers)

    for route in contract.ROUTES:
        app.add_url_rule(
            route.path,
            endpoint=route.operation.value,
            view_func=view,
            methods=route.methods,
            provide_automatic_options=False,
        )
    # What Flask has no rule for is the contract's to answer: besides paths and methods also a
    # host that is no name, or a wish for a WebSocket.
    app.register_error_handler(HTTPException, view)
    app.register_error_handler(500, internal_error)
    app.wsgi_app = ShortWay(api, app.wsgi_app)  # type: ignore[method-assign]
    return app


class ShortWay:
    """Answers the counting routes before Flask sees them; hands on everything else.

    Flask's own dispatch costs as much as all the rest of such an answer. It reads the body of
    every request, so that a malformed one fails here and not inside Flask.
    """

    def __init__(self, api: Api, otherwise: "WSGIApplication") -> None:
        self._api = api
        self._otherwise = otherwise

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one WSGI request."""
        environ[_BODY_TOO_LARGE] = drain_body(environ)
        if environ["PATH_INFO"] not in _COUNTING_PATHS:
            return self._otherwise(environ, start_response)
        response = _respond(self._api, environ)
        status, headers, body = response
        if status not in _WITHOUT_CONTENT:
            headers = (*headers, ("Content-Length", str(len(body))))
        start_response(_STATUS_LINES[status], list(headers))
        return (body,)


def _respond(api: Api, environ: dict[str, Any]) -> Response:
    return api.respond(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        if_none_match=environ.get("HTTP_IF_NONE_MATCH"),
        body_too_large=environ[_BODY_TOO_LARGE],
    )
