"""Counts its visitors in a cache and writes each one down in a database."""
import json
import os
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2
import redis

cache = redis.Redis(os.environ["CACHE"])


def database():
    connection = psycopg2.connect(host=os.environ["DATABASE"], user="postgres")
    connection.autocommit = True
    return connection.cursor()


def visit():
    rows = database()
    rows.execute("CREATE TABLE IF NOT EXISTS visits (host text)")
    rows.execute("INSERT INTO visits VALUES (%s)", [socket.gethostname()])
    rows.execute("SELECT count(*) FROM visits")
    return {"host": socket.gethostname(), "hits": cache.incr("hits"), "rows": rows.fetchone()[0]}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"ok" if self.path == "/health" else json.dumps(visit()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", 8000), Handler).serve_forever()
