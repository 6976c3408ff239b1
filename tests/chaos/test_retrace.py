"""A recording done again on an app that answers as none did before: other ids, other tokens, other cookies."""

import asyncio
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minipaas.chaos.discover import Discovery
from minipaas.chaos.fleet import Fleet
from minipaas.chaos.plan import Call, Place, Submit, Visit, typed
from minipaas.chaos.trial import CALM
from minipaas.chaos.workload import HarWorkload, ScenarioWorkload
from minipaas.errors import FileProblem
from minipaas.parse.har import parse_har
from minipaas.parse.scenario import parse_scenario


class App(ThreadingHTTPServer):
    """Notes: by a form with a CSRF field, and by an API with a cookie that is sent back, a token and ids."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.csrf = secrets.token_hex(8)
        self.token = secrets.token_hex(16)
        self.notes: dict[str, str] = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: App

    def do_GET(self) -> None:
        app = self.server
        if self.path.startswith("/api/"):
            number = self.path.rpartition("/")[2]
            known = self.headers["Authorization"] == f"Bearer {app.token}" and number in app.notes
            self.say(200, json.dumps({"title": app.notes[number]}), "json") if known else self.say(404, "{}", "json")
        elif self.path.startswith("/notes/"):
            note = app.notes.get(self.path.rpartition("/")[2])
            self.say(200 if note else 404, f"<h1>{note}</h1>")
        else:
            items = "".join(f"<li>{note} <a href=/notes/{number}>open</a></li>" for number, note in app.notes.items())
            field = f"<input type=hidden name=csrf value={app.csrf}>"
            form = f"<form method=post action=/notes>{field}<input name=note><button>Add</button></form>"
            self.say(200, f"<ul>{items}</ul>{form}", Set_Cookie=f"xsrf={app.csrf}; Path=/")

    def do_POST(self) -> None:
        app = self.server
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        number = secrets.token_hex(8)
        if self.path == "/notes":
            form = dict(parse_qsl(body))
            if form.get("csrf") != app.csrf:
                self.say(403, "forged")
                return
            app.notes[number] = form["note"]
            self.say(303, "", Location=f"/notes/{number}")
        elif self.headers["X-XSRF-Token"] != app.csrf:
            self.say(403, "{}", "json")
        elif self.path == "/api/login":
            self.say(200, json.dumps({"session": {"token": app.token}}), "json")
        elif json.loads(body)["kind"] != "short":
            self.say(422, "{}", "json")
        else:
            app.notes[number] = json.loads(body)["title"]
            self.say(201, json.dumps({"note": {"id": number}}), "json")

    def say(self, status: int, body: str, kind: str = "html", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if kind == "json" else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body.encode())))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


class OneDyno:
    """What a user needs of a dyno, and a plan's player of a fleet: one that nothing happens to."""

    name = "web.1"
    address = "127.0.0.1"
    trial = CALM
    faults = 0
    answered = True

    def __init__(self, port: int) -> None:
        self.port = port
        self.host = self

    def next(self) -> "OneDyno":
        return self

    async def reach(self, *_: object) -> None:
        return


@pytest.fixture
def apps() -> Iterator[tuple[App, App]]:
    """The app as it was recorded, and as it is judged."""
    both = App(), App()
    threads = [threading.Thread(target=app.serve_forever, kwargs={"poll_interval": 0.01}) for app in both]
    for thread in threads:
        thread.start()
    yield both
    for app, thread in zip(both, threads, strict=True):
        app.shutdown()
        thread.join()
        app.server_close()


def entry(answer: httpx.Response) -> dict[str, Any]:
    asked = answer.request
    made: dict[str, Any] = {
        "request": {
            "method": asked.method,
            "url": str(asked.url),
            "headers": [{"name": name, "value": value} for name, value in asked.headers.items()],
        },
        "response": {
            "status": answer.status_code,
            "headers": [{"name": name, "value": value} for name, value in answer.headers.items()],
            "content": {"mimeType": answer.headers["content-type"], "text": answer.text},
            "redirectURL": answer.headers.get("location", ""),
        },
    }
    if asked.content:
        made["request"]["postData"] = {"mimeType": asked.headers["content-type"], "text": asked.content.decode()}
    return made


def recorded(answers: list[httpx.Response]) -> bytes:
    return json.dumps({"log": {"entries": [entry(answer) for answer in answers]}}).encode()


async def replayed(har: bytes, app: App) -> Discovery:
    fleet = cast("Fleet", OneDyno(app.server_port))
    return await HarWorkload(parse_har(har, "a.har"), "a.har").discover(fleet, "notes", timeout_s=5.0)


def browser(app: App) -> httpx.Client:
    base = f"http://127.0.0.1:{app.server_port}"
    return httpx.Client(base_url=base, headers={"Referer": f"{base}/"}, trust_env=False)


async def test_a_form_is_sent_with_the_token_of_now_and_its_thing_is_found_under_its_id_of_now(
    apps: tuple[App, App],
) -> None:
    then, now = apps
    with browser(then) as user:
        answers = [user.get("/"), user.post("/notes", data={"csrf": then.csrf, "note": "buy green tea"})]
        answers += [user.get(answers[1].headers["location"]), user.get("/")]
        answers += [user.post("/notes", data={"csrf": then.csrf, "note": "call Ann"})]
        answers += [user.get(f"/notes/{next(iter(then.notes))}")]
    found = await replayed(recorded(answers), now)
    sent = [step for step in found.plan.steps if isinstance(step, Submit)]
    tea, ann = [step.entries[0] for step in sent]
    assert tea.marker is not None
    assert ann.marker is not None
    assert list(now.notes.values()) == [tea.value, ann.value]
    assert "buy green tea" not in now.notes.values()
    landed = Place(landing=found.plan.steps.index(sent[0]), pattern="/notes/*")
    assert Visit(client="alice", place=landed) in found.plan.steps[found.plan.steps.index(sent[1]) :]
    assert (found.unmet, found.plan.missed) == ((), ())


async def test_a_call_takes_cookie_token_and_id_from_the_answers_of_now(apps: tuple[App, App]) -> None:
    then, now = apps
    with browser(then) as user:
        answers = [user.get("/")]
        proof = {"X-XSRF-Token": then.csrf}
        answers.append(user.post("/api/login", json={"user": "ann", "password": "secret"}, headers=proof))
        proof["Authorization"] = f"Bearer {then.token}"
        answers.append(user.post("/api/notes", json={"title": "buy green tea", "kind": "short"}, headers=proof))
        number = answers[-1].json()["note"]["id"]
        answers.append(user.get(f"/api/notes/{number}", headers=proof))
    found = await replayed(recorded(answers), now)
    calls = [step for step in found.plan.steps if isinstance(step, Call)]
    create = next(call for call in calls if call.path == "/api/notes")
    assert create.body["kind"] == "short", "the app takes no other"
    assert [marker.token for marker in create.markers] == [create.body["title"]] == list(now.notes.values())
    assert create.headers["authorization"] == f"Bearer {{{next(iter(_captures(calls, 'session.token')))}}}"
    read = next(call for call in calls if call.path.startswith("/api/notes/"))
    assert read.path == f"/api/notes/{{{next(iter(_captures(calls, 'note.id')))}}}"
    everything = repr(found.plan)
    assert then.csrf not in everything
    assert then.token not in everything
    assert number not in everything
    assert found.plan.missed == ()


def _captures(calls: list[Call], where: str) -> Iterator[str]:
    yield from (name for call in calls for name, pick in call.captures.items() if pick.where == where)


async def test_a_recording_of_another_app_says_so(apps: tuple[App, App]) -> None:
    then, now = apps
    with browser(then) as user:
        made = entry(user.get("/"))
    both = [{**made, "_app": "shop"}, {**made, "_app": "mail"}]
    with pytest.raises(FileProblem, match=r"a\.har: cannot judge notes by this recording: it has nothing of notes"):
        await replayed(json.dumps({"log": {"entries": both}}).encode(), now)


AWKWARD = st.sampled_from(
    [
        None,
        "",
        "/",
        "//[",
        "\u00e9 \u2028",
        "a\r\nB: c",
        "{got_1_0}",
        "{0}",
        "%",
        "%zz",
        "x" * 9000,
        7,
        [],
        {},
        "\0",
        "..",
        "a=b&c",
    ]
)
PLACES = st.sampled_from(
    [
        ("request", "url"),
        ("request", "method"),
        ("request", "headers"),
        ("request", "postData", "text"),
        ("request", "postData", "mimeType"),
        ("response", "content", "text"),
        ("response", "content", "mimeType"),
        ("response", "redirectURL"),
        ("response", "status"),
        ("request", "headers", 0, "name"),
        ("request", "headers", 0, "value"),
    ]
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 4), PLACES, AWKWARD, st.booleans()), min_size=1, max_size=4))
def test_a_strangers_recording_is_done_or_refused(
    apps: tuple[App, App], changes: list[tuple[int, tuple[Any, ...], Any, bool]]
) -> None:
    then, now = apps
    with browser(then) as user:
        answers = [user.get("/"), user.post("/notes", data={"csrf": then.csrf, "note": "buy green tea"})]
        answers += [user.get(answers[1].headers["location"])]
        answers += [user.post("/api/login", json={"user": "ann"}, headers={"X-XSRF-Token": then.csrf}), user.get("/")]
    entries = [entry(answer) for answer in answers]
    for number, place, value, behind in changes:
        inner: Any = entries[number]
        with suppress(KeyError, TypeError, IndexError):
            for part in place[:-1]:
                inner = inner[part]
            before = inner[place[-1]]
            inner[place[-1]] = f"{before}{value}" if behind and isinstance(before, str) else value
    with suppress(FileProblem):
        asyncio.run(replayed(json.dumps({"log": {"entries": entries}}).encode(), now))


async def test_a_recording_that_the_app_does_not_follow_is_told(apps: tuple[App, App]) -> None:
    _, now = apps
    there = {"url": "http://shop/", "method": "GET"}
    ok = {"status": 200, "content": {"mimeType": "text/html"}}
    gone = [{"request": {**there, "url": f"http://shop/notes/gone-{n}"}, "response": ok} for n in "abc"]
    found = await replayed(
        json.dumps({"log": {"entries": [{"request": there, "response": ok}, *gone]}}).encode(), now
    )
    assert found.unmet == ("a.har: 3 of 4 recorded requests are not answered as they were",)
    assert len(found.plan.missed) == 3


SCENARIO = """
unique: {note: text}
steps:
  - request: GET /
    capture: {csrf: {field: csrf}, xsrf: {cookie: xsrf}, nothing: {css: p.none}}
  - request: POST /notes
    form: {csrf: "${csrf}", note: "café ${note}"}
    expect: {status: 303, contains: "café ${note}"}
    capture: {place: {header: location}, title: {css: h1}}
  - request: GET ${place}
    expect: {still: "${title}", not_contains: "café"}
  - request: GET /
    headers: {X-Title: "${title}"}
  - request: GET /${nothing}
"""


async def test_a_scenario_tells_with_its_line_what_a_calm_dyno_does_otherwise(apps: tuple[App, App]) -> None:
    _, now = apps
    workload = ScenarioWorkload(parse_scenario(SCENARIO, "s.yml"), "s.yml", {})
    found = await workload.discover(cast("Fleet", OneDyno(now.server_port)), "notes", timeout_s=5.0)
    assert list(now.notes.values()) == [f"café {typed(found.plan.steps[1])[0].token}"]
    still, header, nothing = found.unmet
    assert still == "s.yml:10: no `café` expected, it is in the answer"
    assert header.startswith("s.yml:12: no request can be made: ")
    assert nothing == "s.yml:14: no answer held what is captured as nothing"
