"""The server's application: a fast path for simple requests, and Flask for all others.

Most requests never reach Flask. The worker (`worker.py`) offers each request to the fast path
(`fast_path.py`) first, and the fast path answers a simple request for a counting route without WSGI
or Flask. Whatever it leaves is answered here. Both call the same `Api`, so their answers are the
same.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import flask
from fibcore import Api, Response
from fibcore.http import problems
from fibcore.http.api import problem_response

from server_api.fast_path import FastPath
from server_api.request_body import drain_body

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

_BODY_TOO_LARGE = "fib.body_too_large"


class ServerApplication:
    """The WSGI application that answers by `api`, with the fast path that the worker tries first.

    Attributes:
        fast_path: Answers a simple request without WSGI.
    """

    def __init__(self, api: Api) -> None:
        self.fast_path = FastPath(api)
        self._flask = _create_flask_app(api)

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one WSGI request by Flask.

        The body is read before Flask sees the request. Flask would answer 500 to a malformed body.
        """
        environ[_BODY_TOO_LARGE] = drain_body(environ)
        return self._flask(environ, start_response)


def _create_flask_app(api: Api) -> flask.Flask:
    app = flask.Flask(__name__, static_folder=None)

    # `Api` chooses the route, so Flask has no routes. `Api` also answers requests that Flask would
    # refuse, such as one with an invalid Host header.
    @app.before_request
    def answer() -> flask.Response:
        environ = flask.request.environ
        return _flask_response(
            api.respond(
                environ["REQUEST_METHOD"],
                environ["PATH_INFO"],
                if_none_match=environ.get("HTTP_IF_NONE_MATCH"),
                body_too_large=environ[_BODY_TOO_LARGE],
            )
        )

    @app.errorhandler(500)
    def internal_error(_: Exception) -> flask.Response:
        return _flask_response(problem_response(problems.INTERNAL))

    return app


def _flask_response(response: Response) -> flask.Response:
    return flask.Response(response.body, response.status, response.headers)
