"""The whole lesson in one walk: push, release phase, scale, queue, config, bad push, rollback, relocation."""

import json
from pathlib import Path

import pytest

from tests.e2e.harness import get, platform, until, write_app
from tests.e2e.test_push import commit, create, git, push

pytestmark = pytest.mark.slow

#: Enough of Redis's protocol for a queue.
REDIS = """
import os, socket, urllib.parse
def ask(*words):
    url = urllib.parse.urlsplit(os.environ["REDIS_URL"])
    with socket.create_connection((url.hostname, url.port)) as link:
        file = link.makefile("rwb")
        def send(*parts):
            told = b"".join(b"$%d\\r\\n%s\\r\\n" % (len(p), p.encode()) for p in parts)
            file.write(b"*%d\\r\\n" % len(parts) + told)
            file.flush()
            return read()
        def read():
            line = file.readline()
            kind, rest = line[:1], line[1:].strip()
            if kind == b"-":
                raise RuntimeError(rest)
            if kind == b"*":
                return [read() for _ in range(int(rest))] if rest != b"-1" else None
            if kind == b"$":
                return file.read(int(rest) + 2)[:-2].decode() if rest != b"-1" else None
            return rest.decode()
        if url.password:
            send("AUTH", *([url.username] if url.username else []), url.password)
        return send(*words)
"""
WEB = """
import http.server, os, signal, threading
from fifo import ask
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        word = self.path.strip("/")
        if word.startswith("queue-"):
            ask("LPUSH", "jobs", word)
        body = (os.environ.get("GREETING", "hi") + " " + (ask("GET", "done") or "nothing")).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
server = http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler)
signal.signal(signal.SIGTERM, lambda *a: threading.Thread(target=server.shutdown).start())
server.serve_forever()
"""
WORKER = """
import sys
from fifo import ask
while True:
    job = ask("BRPOP", "jobs", "1")
    if job:
        ask("SET", "done", job[1]); print("did", job[1], flush=True)
"""
PROCFILE = "web: python3 web.py\nworker: python3 worker.py\nrelease: echo migrated for $DYNO\n"


def lesson_app(folder: Path) -> Path:
    """It greets, queues what it is asked for as `queue-...`, and shows the last job a worker did."""
    return write_app(folder, PROCFILE, web__py=WEB, worker__py=WORKER, fifo__py=REDIS)


def test_the_whole_lesson(tmp_path: Path) -> None:
    folder = lesson_app(tmp_path / "shop")
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "one")
    with platform(tmp_path, "--empty") as running:
        create(running, folder, "shop")
        running.cli("addons:create", "heroku-redis", "-a", "shop")
        assert push(folder).returncode == 0
        assert "migrated for release." in running.logs()
        running.up("web.1")
        running.cli("ps:scale", "web=2", "worker=1", "-a", "shop")
        running.up("web.2")

        get(running.url() + "queue-1")
        until(lambda: get(running.url()) == (200, "hi queue-1"))
        assert "did queue-1" in running.logs("-p", "worker")

        running.cli("config:set", "GREETING=hello", "-a", "shop")
        until(lambda: get(running.url()) == (200, "hello queue-1"))
        current = max(each["version"] for each in running.json("releases", "-a", "shop"))

        (folder / "bin" / "compile").write_text("#!/bin/sh\nexit 1\n")
        commit(folder, "bad")
        assert push(folder).returncode == 1
        assert get(running.url()) == (200, "hello queue-1")

        running.cli("rollback", f"v{current - 1}", "-a", "shop")
        until(lambda: get(running.url()) == (200, "hi queue-1"))

        for dyno in ("web.1", "web.2", "worker.1"):
            before = running.up(dyno)["host"]
            running.cli("ps:relocate", dyno, "-a", "shop")
            until(lambda dyno=dyno, before=before: running.up(dyno)["host"] != before)
        assert get(running.url()) == (200, "hi queue-1")
        get(running.url() + "queue-2")
        until(lambda: get(running.url()) == (200, "hi queue-2"))

        live = ("--faults", "addon", "--rate", "60/min", "--duration", "1500ms", "--seed", "1", "--format", "json")
        acts = json.loads(running.cli("chaos", "--live", *live, check=False).stdout)["acts"]
        assert [act["kind"] for act in acts] == ["addon"]
        until(lambda: get(running.url()) == (200, "hi queue-2"))
