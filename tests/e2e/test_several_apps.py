"""A page and the service behind it, judged together: whose fault is what the page no longer shows?"""

import json
import shlex
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.labs import SERVER
from tests.e2e.harness import COMMAND, PATIENCE_S, environment, left_behind, write_app

pytestmark = pytest.mark.slow

#: Keeps nothing; what it is given it gives to the service, whose URL is all it knows.
PAGE = """
import html, json, os, urllib.request
from server import serve

FORM = '<form method="post" action="/notes"><input name="note"><button>Keep</button></form>'

def service(note=None):
    data = None if note is None else json.dumps({"note": note}).encode()
    asked = urllib.request.Request(os.environ["NOTES_URL"] + "items", data)
    with urllib.request.urlopen(asked, timeout=5) as answer:
        return json.load(answer)

def answer(method, path, form):
    if method == "POST":
        service(form.get("note", ""))
        return (303, {"Location": "/"}, "")
    return (200, {}, FORM + "".join(f"<li>{html.escape(each)}</li>" for each in service()))

serve(answer)
"""
#: No page of its own: `/` is a 404. KEEPER says where the notes are.
SERVICE = """
import json, os, socket
from http.server import BaseHTTPRequestHandler
import server

KEEPER

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.say(200, keeper()) if self.path == "/items" else self.say(404, "nothing here")

    def do_POST(self):
        keep(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["note"])
        self.say(201, "kept")

    def say(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass

server.run(Handler)
"""
MEMORY = """
notes = []
keep, keeper = notes.append, lambda: notes
"""
FILE = """
def keep(note):
    with open("notes.txt", "a") as file:
        file.write(json.dumps(note) + "\\n")

def keeper():
    return [json.loads(line) for line in open("notes.txt")] if os.path.exists("notes.txt") else []
"""
REDIS = """
import urllib.parse

def redis(*words):
    url = urllib.parse.urlsplit(os.environ["REDIS_URL"])
    with socket.create_connection((url.hostname, url.port), 5) as wire:
        def ask(*words):
            wire.sendall(b"*%d\\r\\n" % len(words) + b"".join(b"$%d\\r\\n%b\\r\\n" % (len(w), w) for w in words))
        lines = wire.makefile("rb")
        if url.password:
            ask(b"AUTH", url.password.encode())
            lines.readline()
        ask(*words)
        first = lines.readline()
        if first[:1] != b"*":
            return first
        return [lines.read(int(lines.readline()[1:]) + 2)[:-2].decode() for _ in range(int(first[1:]))]

def keep(note):
    redis(b"RPUSH", b"notes", note.encode())

def keeper():
    return redis(b"LRANGE", b"notes", b"0", b"-1")
"""
RUN = """
def run(handler):
    server = Server(("0.0.0.0", int(os.environ["PORT"])), handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.02)
    server.server_close()
"""


def two_apps(folder: Path, keeper: str, *, redis: bool = False) -> Path:
    page = write_app(folder / "page", "web: exec python3 app.py\n", server__py=SERVER, app__py=PAGE)
    service = write_app(
        folder / "service",
        "web: exec python3 app.py\n",
        server__py=SERVER + textwrap.dedent(RUN),
        app__py=SERVICE.replace("KEEPER", keeper),
    )
    if redis:
        (service / "app.json").write_text(json.dumps({"addons": ["heroku-redis:mini"]}))
    (folder / "minipaas.yml").write_text(
        f"apps:\n  page: {{path: {page.name}, uses: [notes]}}\n  notes: {{path: {service.name}}}\n"
    )
    return folder


def chaos(home: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Exit code, and the report's apps by name."""
    done = subprocess.run(
        [*COMMAND, "chaos", *words, "--format", "json"],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE_S,
    )
    assert done.stdout, done.stderr
    return done.returncode, {app["app"]: app for app in json.loads(done.stdout)["apps"]}


@pytest.mark.parametrize(("keeper", "cause"), [(MEMORY, "memory"), (FILE, "files")], ids=["memory", "files"])
def test_the_service_behind_the_page_is_blamed_for_what_the_page_no_longer_shows(
    tmp_path: Path, keeper: str, cause: str
) -> None:
    folder, home = two_apps(tmp_path / "apps", keeper), tmp_path / "home"
    code, apps = chaos(home, str(folder), "--rules", "one", "--seed", "7")
    assert code == 1
    assert list(apps) == ["page", "notes"]
    assert apps["page"]["rules"]["one"]["verdict"] == "kept", apps["page"]["rules"]
    rule = apps["notes"]["rules"]["one"]
    assert rule["verdict"] == "broken", rule
    (found,) = [each for each in rule["findings"] if each["severity"] == "error"]
    assert found["cause"] == cause
    assert "page shows what notes loses" in found["message"]
    assert "/ of page showed the loss; the fault hit notes alone, not page" in found["evidence"]
    assert f"{folder} -a notes --replay" in found["repeat"]
    assert "POST /items" not in apps["notes"]["coverage"]["missed"]
    again, only = chaos(home, *shlex.split(found["repeat"])[2:])
    assert (again, list(only)) == (1, ["notes"])
    assert [each["cause"] for each in only["notes"]["rules"]["one"]["findings"]] == [cause]
    assert left_behind(home) == []


def test_its_twin_whose_service_keeps_notes_in_redis_is_kept_by_both(tmp_path: Path) -> None:
    folder, home = two_apps(tmp_path / "apps", REDIS, redis=True), tmp_path / "home"
    code, apps = chaos(home, str(folder), "--seed", "7")
    verdicts = {name: {rule: told["verdict"] for rule, told in app["rules"].items()} for name, app in apps.items()}
    kept = {"one": "kept", "two": "kept", "three": "kept"}
    assert verdicts == {"page": kept, "notes": kept}, json.dumps(apps, indent=1)[:6000]
    assert code == 0
    assert apps["notes"]["coverage"]["live_markers"] > 0
    assert left_behind(home) == []
