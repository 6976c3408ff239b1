"""One story, the same in the sandbox and in containers: up, the log, and what chaos says of an app that forgets."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.harness import COMMAND, PATIENCE_S, environment, get, platform, write_app

pytestmark = pytest.mark.slow

#: Keeps what is entered in a file of its dyno.
FORGETS = """
import html, http.server, os, signal, sys, threading, urllib.parse
FORM = "<form method=post action=/add><input name=word><button>Add</button></form><p>%s</p>"
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        words = open("words.txt").read() if os.path.exists("words.txt") else ""
        self.answer(200, (FORM % html.escape(words)).encode())
    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        with open("words.txt", "a") as file:
            file.write(" ".join(form.get("word", [])) + "\\n")
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a):
        pass
server = http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler)
signal.signal(signal.SIGTERM, lambda *a: threading.Thread(target=server.shutdown).start())
print("ready on", os.uname().nodename, flush=True)
server.serve_forever()
"""


@pytest.mark.parametrize("runtime", ["sandbox", "docker"])
def test_an_app_that_forgets_runs_logs_and_is_judged_alike(
    runtime: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    more = {}
    if runtime == "docker":
        more = {"DOCKER_HOST": request.getfixturevalue("engine_host"), "MINIPAAS_STACK": "local"}
    app = write_app(tmp_path / "words", "web: python3 server.py\n", server__py=FORGETS)
    with platform(tmp_path, app, "--runtime", runtime, **more) as running:
        running.up()
        assert get(running.url())[0] == 200
        assert "app[web.1]: ready on" in running.logged("ready on")
    words = (*COMMAND, "chaos", str(app), "--runtime", runtime, "--rules", "one", "--seed", "7", "--format", "json")
    judged = subprocess.run(
        words, env=environment(tmp_path / "home", **more), capture_output=True, text=True, timeout=3 * PATIENCE_S
    )
    assert judged.returncode == 1, judged.stderr
    rule = json.loads(judged.stdout)["apps"][0]["rules"]["one"]
    assert rule["verdict"] == "broken"
    errors = [each for each in rule["findings"] if each["severity"] == "error"]
    assert {each["cause"] for each in errors} == {"files"}
    assert any("/app/words.txt" in line for each in errors for line in each["evidence"])
    assert f"--runtime {runtime}" in json.dumps(judged.stdout)
