"""What is judged by a scenario or a recording that discovery does not find alone, through the installed command."""

import json
import shlex
import textwrap
from pathlib import Path

import httpx
import pytest

from tests.e2e.harness import PATIENCE_S, platform
from tests.e2e.test_chaos import EXAMPLES, chaos

pytestmark = pytest.mark.slow

#: A JSON API that nobody describes: only a parcel that is paid has a label.
PARCELS = """
import base64, json, os, signal, threading, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
KEPT = {}
def keep(parcel):
    %(keep)s
def find(number):
    %(find)s
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        parcel = find(self.path.split("/")[-1]) if self.path.startswith("/parcels/") else {}
        self.say(200 if self.path == "/" or (parcel and parcel["paid"]) else 404, {"label": parcel})
    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["Authorization"] != "Bearer of-the-house":
            return self.say(401, {})
        if self.path == "/parcels":
            return self.say(201, {"parcel": {"id": keep({"to": sent["to"], "paid": False})}})
        parcel = find(self.path.split("/")[-2])
        self.say(200, {"receipt": keep({**parcel, "paid": True})}) if parcel else self.say(404, {})
    def say(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a):
        pass
server = ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler)
signal.signal(signal.SIGTERM, lambda *a: threading.Thread(target=server.shutdown).start())
server.serve_forever()
"""
IN_MEMORY = {
    "keep": "number = uuid.uuid4().hex; KEPT[number] = parcel; return number",
    "find": "return KEPT.get(number)",
}
WITH_THE_CLIENT = {
    "keep": "return base64.urlsafe_b64encode(json.dumps(parcel).encode()).decode()",
    "find": "return json.loads(base64.urlsafe_b64decode(number))",
}
SCENARIO = """
unique: {to: text}
steps:
  - request: POST /parcels
    headers: {Authorization: Bearer of-the-house}
    json: {to: "${to}"}
    expect: {status: 201}
    capture: {id: {json: parcel.id}}
  - request: POST /parcels/${id}/payment
    headers: {Authorization: Bearer of-the-house}
    json: {}
    expect: {status: %(status)d}
    capture: {receipt: {json: receipt}}
  - request: GET /parcels/${receipt}
    expect: {still: "${to}"}
"""


def parcels(folder: Path, kind: dict[str, str]) -> Path:
    folder.mkdir()
    (folder / "Procfile").write_text("web: exec python3 server.py\n")
    (folder / "requirements.txt").write_text("")
    (folder / "server.py").write_text(textwrap.dedent(PARCELS) % kind)
    return folder


def test_a_scenario_shows_what_discovery_cannot_find(tmp_path: Path) -> None:
    home, scenario = tmp_path / "home", tmp_path / "parcels.yml"
    scenario.write_text(SCENARIO % {"status": 200})
    broken = parcels(tmp_path / "parcels", IN_MEMORY)
    code, report = chaos(home, str(broken), "--rules", "one")
    assert (code, report["apps"][0]["rules"]["one"]["verdict"]) == (3, "inconclusive"), "there is nothing to see"

    code, report = chaos(home, str(broken), "--rules", "one", "--scenario", str(scenario))
    (found,) = report["apps"][0]["rules"]["one"]["findings"]
    assert (code, found["code"], found["subject"]) == (1, "MP102", "POST /parcels")
    # The frozen plan of that run is played again: the scenario may have changed meanwhile.
    again, report = chaos(home, *shlex.split(found["repeat"])[2:])
    assert (again, report["apps"][0]["rules"]["one"]["findings"][0]["fingerprint"]) == (1, found["fingerprint"])

    clean = parcels(tmp_path / "letters", WITH_THE_CLIENT)
    code, report = chaos(home, str(clean), "--rules", "one", "--scenario", str(scenario))
    assert (code, report["apps"][0]["rules"]["one"]["verdict"]) == (0, "kept")

    scenario.write_text(SCENARIO % {"status": 202})
    code, report = chaos(home, str(clean), "--rules", "one", "--scenario", str(scenario))
    assert code == 3
    assert f"{scenario}:9: status 202 expected, status 200" in report["apps"][0]["rules"]["one"]["reason"]


def test_a_recording_of_the_router_is_judged(tmp_path: Path) -> None:
    recording = tmp_path / "shop.har"
    with platform(tmp_path, EXAMPLES / "shop", "--record", recording) as running:
        browser = httpx.Client(
            base_url=running.url(),
            follow_redirects=True,
            headers={"User-Agent": "Mozilla/5.0", "Accept": "text/html,*/*"},
            trust_env=False,
            timeout=PATIENCE_S,
        )
        with browser:
            browser.get("/")
            browser.post("/cart", data={"code": "sencha", "count": "2", "note": "for the party"})
            assert "for the party" in browser.get("/cart").text
            browser.post("/order", data={"name": "Ann Example"})
        assert json.loads((tmp_path / "shop.har.part").read_bytes())["log"]["version"] == "1.2"
    assert f"requests into {recording}" in running.err.read_text()
    assert recording.stat().st_mode & 0o777 == 0o600

    code, report = chaos(running.home, str(EXAMPLES / "shop"), "--har", str(recording), "--rules", "one")
    findings = [each for each in report["apps"][0]["rules"]["one"]["findings"] if each["severity"] == "error"]
    assert (code, {each["code"] for each in findings}, {each["cause"] for each in findings}) == (
        1,
        {"MP102"},
        {"memory"},
    )
    assert all(" --replay " in each["repeat"] for each in findings)
    assert f" --har {recording} --seed 7" in report["command"]
