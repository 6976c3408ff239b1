"""Call into the canyon; the last calls are still in the air."""
import html
import os
import signal
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import redis

db = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


class Canyon(BaseHTTPRequestHandler):
    def do_GET(self):
        calls = db.lrange("calls", 0, 9)
        body = "".join(f"<p style='opacity:{1 - i / 10}'>{html.escape(call)}</p>" for i, call in enumerate(calls))
        page = f"<!doctype html><title>Canyon</title>{body}<form method=post><input name=call required><button>Call</button></form>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        db.lpush("calls", urllib.parse.parse_qs(text).get("call", ["..."])[0])
        self.send_response(303)
        self.send_header("Location", "/")
        self.end_headers()


server = ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Canyon)


def stop(number, frame):
    print("stopping", flush=True)
    threading.Thread(target=server.shutdown).start()


signal.signal(signal.SIGTERM, stop)
server.serve_forever()
