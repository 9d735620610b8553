"""The Flask application: the whole contract, by the core's answers."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import flask
from fibcore import Api
from fibcore.http import contract
from fibcore.http.api import problem_response
from werkzeug.exceptions import HTTPException

from server_api.body import drain_body
from server_api.short_way import EXTENSION, ShortWay

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

_BODY_TOO_LARGE = "fib.body_too_large"


def create_app(api: Api) -> flask.Flask:
    """Return the application that answers by `api`."""
    app = flask.Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False

    def view(*_: object, **__: object) -> flask.Response:
        environ = flask.request.environ
        response = api.respond(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            if_none_match=environ.get("HTTP_IF_NONE_MATCH"),
            body_too_large=environ[_BODY_TOO_LARGE],
        )
        return flask.Response(response.body, response.status, response.headers)

    def internal_error(_: Exception) -> flask.Response:
        response = problem_response(contract.INTERNAL)
        return flask.Response(response.body, response.status, response.headers)

    for route in contract.ROUTES:
        app.add_url_rule(
            route.path,
            endpoint=route.name,
            view_func=view,
            methods=route.methods,
            provide_automatic_options=False,
        )
    # What Flask has no rule for is the contract's to answer: besides paths and methods also a
    # host that is no name, or a wish for a WebSocket.
    app.register_error_handler(HTTPException, view)
    app.register_error_handler(500, internal_error)
    app.wsgi_app = BodyDrained(app.wsgi_app)  # type: ignore[method-assign]
    app.extensions[EXTENSION] = ShortWay(api)
    return app


class BodyDrained:
    """Reads every request's body, so that a malformed one fails here and not inside Flask."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one WSGI request."""
        environ[_BODY_TOO_LARGE] = drain_body(environ)
        return self._application(environ, start_response)
