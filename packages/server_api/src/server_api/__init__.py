"""The HTTP server of the counter: Flask on Gunicorn, with a gevent worker."""
