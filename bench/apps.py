"""The apps that are measured, written where they are needed."""

import os
import subprocess
from pathlib import Path

#: Standard library only. Answers with a token that each start makes anew; ends its requests before it ends.
PLAIN = """\
import http.server, os, signal, sys, threading
TOKEN = os.urandom(8).hex().encode()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # an answer in one packet: two would wait 40 ms for a delayed ACK
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(TOKEN)))
        self.end_headers()
        self.wfile.write(TOKEN)
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()
    def log_message(self, *words):
        pass
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128
server = Server((os.environ.get("BIND", "0.0.0.0"), int(os.environ["PORT"])), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
server.server_close()
"""

#: About 9 MB a process: the standard library's simplest server.
SMALL = """\
import os, socketserver
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip():
            pass
        name = os.environ["DYNO"].encode()
        head = b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n"
        self.wfile.write(head % len(name) + name)
class Server(socketserver.TCPServer):
    allow_reuse_address = True
    request_queue_size = 128
Server(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
"""

FLASK = """\
import os
from flask import Flask
app = Flask(__name__)
TOKEN = os.urandom(8).hex()
@app.route("/")
def index():
    return TOKEN
app.run(host="0.0.0.0", port=int(os.environ["PORT"]))
"""


def unbuilt(folder: Path, source: str, command: str = "python3 server.py") -> Path:
    """An app whose own buildpack does nothing."""
    _write(folder / "server.py", source)
    _write(folder / "Procfile", f"web: {command}\n")
    for script, text in (("detect", "echo Plain"), ("compile", "true")):
        path = folder / "bin" / script
        _write(path, f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    return committed(folder)


def flask(folder: Path) -> Path:
    """A small Flask app, for the python buildpack."""
    _write(folder / "server.py", FLASK)
    _write(folder / "Procfile", "web: python server.py\n")
    _write(folder / "requirements.txt", "flask\n")
    return committed(folder)


def committed(folder: Path) -> Path:
    """The folder as a git repository with one commit, as a user's app is."""
    who = {"GIT_AUTHOR_NAME": "bench", "GIT_AUTHOR_EMAIL": "bench@localhost"}
    who |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in who.items()}
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "app")):
        subprocess.run(["git", *words], cwd=folder, check=True, env={**os.environ, **who})
    return folder


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
