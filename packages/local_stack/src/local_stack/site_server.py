"""The website on localhost, with the headers that CloudFront sends with it."""

import gzip
import json
from pathlib import Path

import flask

from local_stack.environment import url

_SITE = Path(__file__).parents[4] / "site"


def create_application(server_port: int, lambda_port: int) -> flask.Flask:
    """Return a server of `site/public` whose `config.json` names the two local backends."""
    app = flask.Flask(__name__, static_folder=None)
    backends = {"server": url(server_port), "lambda": url(lambda_port)}
    headers: dict[str, str] = json.loads((_SITE / "response_headers.json").read_text())

    @app.get("/config.json")
    def config() -> flask.Response:
        return flask.jsonify(
            backends=[{"name": name, "url": address} for name, address in backends.items()]
        )

    @app.get("/")
    @app.get("/<path:path>")
    def file(path: str = "index.html") -> flask.Response:
        return flask.send_from_directory(_SITE / "public", path)

    @app.after_request
    def compress(response: flask.Response) -> flask.Response:
        """Compress texts, as CloudFront does."""
        if (response.mimetype or "").startswith("text/") and flask.request.accept_encodings["gzip"]:
            response.direct_passthrough = False
            response.set_data(gzip.compress(response.get_data()))
            response.headers["Content-Encoding"] = "gzip"
            response.headers["Vary"] = "Accept-Encoding"
        return response

    @app.after_request
    def secure(response: flask.Response) -> flask.Response:
        for name, value in headers.items():
            response.headers[name] = value.format(backend_origins=" ".join(backends.values()))
        response.headers["Cache-Control"] = "no-cache"
        return response

    return app
