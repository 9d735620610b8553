"""The contract on Flask, served by Gunicorn with a gevent worker."""
