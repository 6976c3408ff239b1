"""What scripts of pages send, read without a browser."""

import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.chaos.fetches import calls_in
from minipaas.chaos.oracle import Baseline
from minipaas.chaos.page import loose_fields, read_page
from minipaas.chaos.plan import Plan, Press, Submit, press_of
from tests.chaos.inside import Answer, inside, page

HTML = '<input id="who"><input type="number" name="stars" min="1" max="5">'
TEXT = {"type": "string"}
STARS = {"type": "string", "format": "number", "minimum": "1", "maximum": "5"}
OBJECT = "object"


def called(script: str) -> list[tuple[str, str, Any]]:
    found = calls_in(script, "/p/q", loose_fields(HTML))
    return [(each.method, each.path, (each.schema or {}).get("properties")) for each in found]


@pytest.mark.parametrize(
    ("script", "method", "path", "keys"),
    [
        ("fetch('/x')", "GET", "/x", None),
        ("fetch('/x', {method: 'POST', body: JSON.stringify({a: b.value})})", "POST", "/x", {"a": TEXT}),
        ("fetch(`/x/${card.id}`, {method: 'delete'})", "DELETE", "/x/{id}", None),
        (
            "const at = '/api'; axios.put(at + '/x/' + key, {done: true})",
            "PUT",
            "/api/x/{key}",
            {"done": {"enum": [True]}},
        ),
        ("$http.post(`${location.origin}/x`, {n: Number(n.value)})", "POST", "/x", {"n": {"type": "integer"}}),
        ("api('/x', 'PATCH', {name})", "PATCH", "/x", {"name": TEXT}),
        ("$.ajax({url: '/x', type: 'POST', data: {a: $('#a').val()}})", "POST", "/x", {"a": TEXT}),
        ("r.open('POST', '/x'); r.onload = f; r.send(JSON.stringify({a: 1}))", "POST", "/x", {"a": {"enum": [1]}}),
        ("fetch('x/y', {method: 'POST', body: new FormData(f)})", "POST", "/p/x/y", {"who": TEXT, "stars": STARS}),
        (
            "const b = {a: 'k'}; fetch('/x', {method: 'POST', body: JSON.stringify(b)})",
            "POST",
            "/x",
            {"a": {"enum": ["k"]}},
        ),
        ("fetch('/x', {method: 'POST', body: JSON.stringify({rate: stars.value})})", "POST", "/x", {"rate": STARS}),
    ],
)
def test_a_script_says_what_it_sends(script: str, method: str, path: str, keys: Mapping[str, Any] | None) -> None:
    assert called(script) == [(method, path, keys)]


@pytest.mark.parametrize(
    "script",
    [
        "fetch('https://elsewhere.example/x')",
        "f.addEventListener('submit', e => go('/x'))",
        "post('word')",
        "fetch(url)",
    ],
)
def test_what_goes_elsewhere_or_nowhere_is_left_alone(script: str) -> None:
    assert called(script) == []


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="fetch(/x'\"`${}[],.:=>post )\\;\nabc", max_size=120))
def test_no_script_is_too_odd_to_be_read(script: str) -> None:
    calls_in(script, "/", ())


def cards() -> Mapping[str, Answer]:
    kept: dict[str, Any] = {}

    async def home(_: web.Request) -> web.StreamResponse:
        return page('<input id="t"><script src="/board.js"></script>')

    async def script(_: web.Request) -> web.StreamResponse:
        add = "fetch('/cards', {method: 'POST', body: JSON.stringify({title: t.value})})"
        return web.Response(text=f"fetch('/cards'); {add}; fetch('/cards/' + id, {{method: 'DELETE'}})")

    async def every(_: web.Request) -> web.StreamResponse:
        return web.json_response(list(kept.values()))

    async def make(request: web.Request) -> web.StreamResponse:
        name = uuid.uuid4().hex
        kept[name] = await request.json()
        return web.json_response({"id": name}, status=201)

    async def remove(request: web.Request) -> web.StreamResponse:
        return web.json_response({"was": kept.pop(request.match_info["name"])})

    return {
        "GET /": home,
        "GET /board.js": script,
        "GET /cards": every,
        "POST /cards": make,
        "DELETE /cards/{name}": remove,
    }


def quota(limit: int) -> Mapping[str, Answer]:
    """A page whose script posts, and an API that takes so many."""
    lines: list[str] = []

    async def home(_: web.Request) -> web.StreamResponse:
        sends = "fetch('/lines', {method: 'POST', body: JSON.stringify({line: l.value})})"
        return page(f"<input id=l><script>fetch('/lines'); {sends}</script>")

    async def every(_: web.Request) -> web.StreamResponse:
        return web.json_response(lines)

    async def make(request: web.Request) -> web.StreamResponse:
        if len(lines) >= limit:
            return web.json_response({"error": "enough"}, status=429)
        lines.append((await request.json())["line"])
        return web.json_response({"ok": True}, status=201)

    return {"GET /": home, "GET /lines": every, "POST /lines": make}


@pytest.mark.parametrize(("limit", "found"), [(6, [Press.REFUSED, Press.STILL]), (1000, [])])
async def test_the_limit_of_an_api_that_has_no_form_is_reached(limit: int, found: list[Press]) -> None:
    async with inside(quota(limit)) as fleet:
        plan = (await fleet.discovered()).plan
    assert [press for step in plan.steps if (press := press_of(step)) not in (None, Press.TRY)] == found


def described(name: str) -> Mapping[str, Answer]:
    """An API that says under which name things are found, with nothing at `/`."""
    made: dict[str, Any] = {}
    path, body = f"/things/{{{name}}}", {"application/json": {"schema": {"properties": {"text": {"type": "string"}}}}}
    spec = {
        "/things": {"post": {"requestBody": {"content": body}}, "get": {}},
        path: {"get": {}, "delete": {}},
    }

    async def make(request: web.Request) -> web.StreamResponse:
        made[uuid.uuid4().hex] = await request.json()
        return web.json_response({name: list(made)[-1]}, status=201)

    async def tell(_: web.Request) -> web.StreamResponse:
        return web.json_response({"paths": spec})

    async def every(_: web.Request) -> web.StreamResponse:
        return web.json_response(made)

    async def one(request: web.Request) -> web.StreamResponse:
        known = made.get(request.match_info["key"])
        return web.json_response(known, status=200 if known else 404)

    async def remove(request: web.Request) -> web.StreamResponse:
        return web.json_response(made.pop(request.match_info["key"]))

    return {
        "GET /openapi.json": tell,
        "GET /things": every,
        "POST /things": make,
        "GET /things/{key}": one,
        "DELETE /things/{key}": remove,
    }


@pytest.mark.parametrize("name", ["reference", "ticket_no"])
async def test_things_of_an_api_are_found_by_the_name_that_paths_give_their_id(name: str) -> None:
    async with inside(described(name)) as fleet:
        found = await fleet.discovered()
    assert f"DELETE /things/{{{name}}}" in {step.label for step in found.plan.steps}
    assert found.healthy, "an API has no front page"


async def test_what_the_front_page_of_an_api_points_to_is_looked_at() -> None:
    async def home(_: web.Request) -> web.StreamResponse:
        return web.json_response(
            {"name": "shelf", "books": "/books", "more": [{"href": "/authors"}], "out": "/logout"}
        )

    async def every(_: web.Request) -> web.StreamResponse:
        return web.json_response([{"n": 1, "cover": "/covers/../1", "said": "either/or"}])

    async with inside({"GET /": home, "GET /books": every, "GET /authors": every}) as fleet:
        found = await fleet.discovered()
    assert found.plan.routes_exercised == ("GET /", "GET /authors", "GET /books")
    assert found.healthy


async def test_a_page_that_only_its_script_fills_is_used_as_the_script_does() -> None:
    async with inside(cards()) as fleet:
        found = await fleet.discovered()
    assert {"POST /cards", "DELETE /cards/{id}"} <= {step.label for step in found.plan.steps}
    async with inside(cards()) as one, inside(cards()) as other:
        calms = [await one.played(found.plan), await other.played(found.plan)]
    assert Baseline(found.plan, calms).expects_effects


def test_attributes_that_send_are_forms() -> None:
    body = """<li>tea <button hx-delete="/tea/7" hx-vals='{"sure": 1}'>off</button></li>
        <form data-hx-post="/tea"><input name="what"><button>add</button></form><p hx-get="/more">more</p>"""
    found = read_page("https://x/", body)
    assert [(each.method, each.action, [field.name for field in each.fields]) for each in found.forms] == [
        ("POST", "https://x/tea", ["what"]),
        ("DELETE", "https://x/tea/7", ["sure"]),
    ]
    assert [each.url for each in found.links] == ["https://x/more"]
    assert found.forms[1].near == "tea off"
    assert all(each.headers for each in found.forms)


def shortener(links: dict[str, str]) -> Mapping[str, Answer]:
    """Its codes are short and drawn; the answer to the form shows the new one."""
    cut_it = '<form method="post" action="/cut"><input type="url" name="url"><button>Cut</button></form>'
    form = f'<a href="/about2">about</a>{cut_it}'

    async def home(_: web.Request) -> web.StreamResponse:
        return page(form)

    async def cut(request: web.Request) -> web.StreamResponse:
        code = f"{uuid.uuid4().hex[:3]}7Q"
        links[code] = str((await request.post())["url"])
        return page(f'{form}<a href="/{code}">here</a>')

    async def go(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(links[request.match_info["code"]])

    return {"GET /": home, "POST /cut": cut, "GET /about2": home, "GET /{code}": go}


async def test_a_short_code_that_is_drawn_is_followed_as_it_is_drawn_again() -> None:
    async with inside(shortener({})) as fleet:
        found = await fleet.discovered()
    async with inside(shortener({})) as one, inside(shortener({})) as other:
        calms = [await one.played(found.plan), await other.played(found.plan)]
    assert not calms[0].missing
    assert Baseline(found.plan, calms).live_markers


def club() -> Mapping[str, Answer]:
    """Its words for registering are its own, and the way in stands before it."""
    members: set[str] = set()
    fields = '<input type="email" name="mail"><input type="password" name="word">'

    def ask(action: str, word: str) -> str:
        return f'<form method="post" action="{action}">{fields}<button>{word}</button></form>'

    async def home(request: web.Request) -> web.StreamResponse:
        if request.cookies.get("who") in members:
            return page('<form method="post" action="/say"><input name="said"><button>Say</button></form>')
        return page(ask("/in", "Enter") + ask("/new", "Become one of us"))

    async def new(request: web.Request) -> web.StreamResponse:
        members.add(str((await request.post())["mail"]))
        raise web.HTTPSeeOther("/")

    async def enter(request: web.Request) -> web.StreamResponse:
        mail = str((await request.post())["mail"])
        if mail not in members:
            return page("No", status=401)
        answer = web.HTTPSeeOther("/")
        answer.set_cookie("who", mail.replace("@", "%40"))
        raise answer

    async def say(_: web.Request) -> web.StreamResponse:
        raise web.HTTPSeeOther("/")

    return {"GET /": home, "POST /new": new, "POST /in": enter, "POST /say": say}


def submitted(plan: Plan) -> list[str]:
    return [step.label for step in plan.steps if isinstance(step, Submit)]


async def test_a_login_refused_before_registering_is_tried_again_after_it() -> None:
    async with inside(club()) as fleet:
        found = await fleet.discovered()
    assert submitted(found.plan)[:2] == ["POST /new", "POST /in"]
