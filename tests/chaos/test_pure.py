"""Markers, pages, forms, places, OpenAPI, attribution: what chaos decides without an app."""

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipaas.chaos import openapi
from minipaas.chaos.attribute import cause_of
from minipaas.chaos.forms import Purpose, credentials, entries, is_risky_link, purpose
from minipaas.chaos.markers import Marker, number_marker, picture, text_marker
from minipaas.chaos.page import Form, read_page, text_lines, url_pattern
from minipaas.chaos.picks import dig
from minipaas.chaos.plan import Call, witness
from minipaas.chaos.play import fill
from minipaas.chaos.routes import may_write, routes_in
from minipaas.chaos.trial import Kind
from minipaas.model.scenario import Pick, PickKind
from minipaas.model.verdict import Cause
from tests.chaos.histories import ONE, TWO, plan, send, visit

K, L, M = Kind.KEEP, Kind.LOSE, Kind.MULTI

ID = Pick(PickKind.JSON, "id")


@pytest.mark.parametrize(
    ("grid", "cause"),
    [
        ({(K, False): False, (L, False): True, (L, True): True}, Cause.FILES),
        ({(K, False): True, (L, False): True, (K, True): True}, Cause.MEMORY),
        ({(K, False): True, (L, False): True, (K, True): False}, Cause.BOOT_SECRET),
        ({(K, False): False, (L, False): True, (L, True): False}, Cause.FILE_SECRET),
        ({(K, False): False, (L, False): False, (M, False): True}, Cause.AFFINITY),
        ({(K, False): False, (L, False): False, (M, False): False}, None),
    ],
)
def test_the_grid_tells_the_cause(grid: dict[tuple[Kind, bool], bool], cause: Cause | None) -> None:
    assert cause_of(grid) == cause


def test_markers_are_unlike_each_other() -> None:
    tokens = [text_marker(number).token for number in range(3000)]
    assert len(set(tokens)) == len(tokens)


@pytest.mark.parametrize(
    ("body", "shown"),
    [(b"ZQ001AA", True), (b"xzq001aax", True), (b"zq001ab", False), (b"", False)],
)
def test_a_text_marker_is_found_in_any_case(body: bytes, shown: bool) -> None:
    assert ONE.shown_in(body) is shown


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"31013", True),
        (b"31,013", True),
        (b"31.013", True),
        (b"131013", False),
        (b"310131", False),
        (b"31 013", False),
    ],
)
def test_a_number_marker_is_found_as_a_whole_number(body: bytes, shown: bool) -> None:
    assert Marker("31013").shown_in(body) is shown


def test_no_number_stands_out_in_a_small_range() -> None:
    assert number_marker(3, 1, 10) is None
    assert number_marker(3, 0, 99_999) is not None


def test_a_picture_is_a_png_that_carries_its_marker() -> None:
    data = picture(ONE)
    assert data.startswith(b"\x89PNG")
    assert data.endswith(b"zq001aa")


@pytest.mark.parametrize(
    ("url", "pattern"),
    [
        ("/", "/"),
        ("https://x/notes/17/edit?b=1&a=2", "/notes/*/edit?a&b"),
        ("/x/550e8400-e29b-41d4-a716-446655440000", "/x/*"),
        ("/uploads/zq017ab.png", "/uploads/*"),
        ("/p/aB3dE5gH7jK9mN1p", "/p/*"),
        ("/files/550e8400e29b41d4a716446655440000.png", "/files/*"),
        ("/v1.2/notes", "/v1.2/notes"),
        ("/articles/how-to-write", "/articles/how-to-write"),
        ("/registration-confirmation", "/registration-confirmation"),
    ],
)
def test_what_names_one_thing_of_many_is_left_out_of_a_url(url: str, pattern: str) -> None:
    assert url_pattern(url) == pattern


@given(st.text(max_size=300))
def test_any_text_is_some_page(body: str) -> None:
    read_page("https://x/", body)


@given(
    st.lists(
        st.sampled_from(
            ["<form>", "</form>", "<input name=a>", "<a href=/x>", "<li>", "<select name=s>", "<", "zq001aa"]
        )
    )
)
def test_any_tag_soup_is_some_page(parts: list[str]) -> None:
    page = read_page("https://x/", "".join(parts))
    for form in page.forms:
        fill(form, entries(form, 5, credentials(3)))


def form(html: str) -> Form:
    return read_page("https://x/here", f"<body>{html}</body>").forms[0]


PURPOSES = [
    ("<form method=post action=/register><input name=u><input type=password name=p></form>", Purpose.REGISTER),
    (
        "<form method=post><input name=u><input type=password name=p><input type=password name=q></form>",
        Purpose.REGISTER,
    ),
    (
        "<form method=post action=/in><input name=u><input type=password name=p><button>Log in</button></form>",
        Purpose.LOGIN,
    ),
    ("<form method=post action=/logout><button>Log out</button></form>", Purpose.LOGOUT),
    ("<form method=post action=/notes/1/delete><button>x</button></form>", Purpose.DESTROY),
    ("<form action=/find><input name=q></form>", Purpose.SEARCH),
    ("<form method=post action=/notes><textarea name=t></textarea></form>", Purpose.WRITE),
]


@pytest.mark.parametrize(("html", "expected"), PURPOSES)
def test_a_forms_purpose_is_read_off_its_words_and_fields(html: str, expected: Purpose) -> None:
    assert purpose(form(html)) is expected


def test_fields_are_filled_by_their_type() -> None:
    the_form = form(
        "<form method=post enctype=multipart/form-data>"
        "<input type=hidden name=csrf value=live><input name=title maxlength=40>"
        "<input type=number name=n min=1 max=5>"
        "<input type=email name=mail><input type=date name=day><select name=s><option>a<option selected>b</select>"
        "<input type=checkbox name=c value=yes>"
        "<input type=radio name=r value=1 checked><input type=radio name=r value=2>"
        "<input type=file name=f><textarea name=long minlength=20></textarea>"
        "<button name=go value=1>Go</button></form>"
    )
    filled = {entry.name: entry for entry in entries(the_form, 100, credentials(1))}
    data, files = fill(the_form, tuple(filled.values()))
    assert data["csrf"] == ["live"]
    assert data["title"] == [filled["title"].value]
    assert filled["title"].marker is not None
    assert 1 <= int(data["n"][0]) <= 5
    assert data["mail"][0].endswith("@example.com")
    assert data["day"][0].endswith("-03-17")
    assert (data["s"], data["c"], data["r"], data["go"]) == (["a"], ["yes"], ["2"], ["1"])
    assert len(data["long"][0]) >= 20
    assert files is not None
    assert files[0][1][1].startswith(b"\x89PNG")


def test_a_radio_that_is_not_chosen_is_not_sent() -> None:
    the_form = form("<form method=post><input type=radio name=r value=1><input type=checkbox name=c value=1></form>")
    assert fill(the_form, ()) == ({}, None)


@pytest.mark.parametrize(
    ("text", "url", "risky"),
    [
        ("Log out", "https://x/out", True),
        ("x", "https://x/notes/1/delete", True),
        ("About", "https://x/about", False),
    ],
)
def test_links_that_take_things_away_are_not_followed(text: str, url: str, risky: bool) -> None:
    assert is_risky_link(text, url) is risky


def test_a_witness_is_the_session_what_is_needed_the_write_and_the_read() -> None:
    the_plan = plan(
        send("/login", ONE, session=True), visit("/about"), send("/a", TWO), visit(), send("/b"), visit("/c"), visit()
    )
    assert witness(the_plan, 4, 6) == (0, 3, 4, 6)


def test_lines_of_json_do_not_depend_on_the_order_of_what_is_listed() -> None:
    """Cards under random ids were taken for cards that are gone: brackets and commas had moved."""
    cards = [{"id": 1, "title": "zq001aa", "tags": ["a", "b"]}, {"id": 2, "title": "zq002bb", "tags": []}]
    assert sorted(text_lines(json.dumps(cards))) == sorted(text_lines(json.dumps(cards[::-1])))
    assert text_lines(json.dumps(cards[0])) == ("id: 1", "title: zq001aa", "tags: a", "tags: b")
    assert text_lines("plain, text") == ("plain", "text")


def test_a_witness_that_waits_for_something_brings_the_step_that_typed_it() -> None:
    """Else it waits in vain for as long as it may, in every play."""
    the_plan = plan(send("/a", ONE), send("/b", TWO), replace(visit(), until=ONE, patience_s=9.0))
    assert witness(the_plan, 1, 2) == (0, 1, 2)


def test_a_witness_of_calls_keeps_what_they_captured() -> None:
    calls = (
        Call(client="alice", method="POST", path="/items", captures={"id0": ID}),
        Call(client="alice", method="POST", path="/others"),
        Call(client="alice", method="PUT", path="/items/{id0}"),
        Call(client="alice", method="GET", path="/items/{id0}"),
    )
    assert witness(plan(*calls), 2, 3) == (0, 2, 3)


SPEC = {
    "paths": {
        "/items/{item_id}": {"get": {}, "delete": {}},
        "/items": {
            "get": {},
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}}
            },
        },
    },
    "components": {
        "schemas": {
            "Item": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "minLength": 12},
                    "count": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "kind": {"enum": ["a", "b"]},
                    "parent": {"$ref": "#/components/schemas/Item"},
                },
            }
        }
    },
}


def test_an_openapi_description_becomes_things_to_do_creations_first() -> None:
    found = openapi.operations(SPEC)
    assert [f"{each.method} {each.path}" for each in found] == [
        "POST /items",
        "GET /items",
        "GET /items/{item_id}",
        "DELETE /items/{item_id}",
    ]
    assert found[0].schema is not None
    value, markers = openapi.example(found[0].schema, 7)
    assert len(value["name"]) >= 12
    assert isinstance(value["count"], int)
    assert value["kind"] == "b"
    assert all(marker.shown_in(json.dumps(value).encode()) for marker in markers)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda each: (
            st.lists(each, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "paths",
                        "/a",
                        "post",
                        "get",
                        "parameters",
                        "requestBody",
                        "content",
                        "application/json",
                        "schema",
                        "$ref",
                        "type",
                        "properties",
                    ]
                ),
                each,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_some_description(value: object) -> None:
    for operation in openapi.operations(value):
        if operation.schema:
            openapi.example(operation.schema, 1)


def test_a_schema_that_refers_to_itself_ends() -> None:
    loop = {"components": {"schemas": {"A": {"$ref": "#/components/schemas/A"}}}}
    spec = {**loop, "paths": {"/a": {"post": {"requestBody": {"$ref": "#/components/schemas/A"}}}}}
    assert len(openapi.operations(spec)) == 1


@pytest.mark.parametrize(
    ("body", "path", "value"),
    [(b'{"a": {"b": [1, 2]}}', "a.b.1", 2), (b"[]", "id", None), (b"nonsense", "id", None), (b'{"id": 0}', "id", 0)],
)
def test_values_are_dug_out_of_json(body: bytes, path: str, value: object) -> None:
    assert dig(body, path) == value


def test_routes_are_read_off_the_source() -> None:
    flask = '@app.route("/")\n@app.route("/notes/<int:id>", methods=["GET", "POST"])\n@app.post("/add")'
    express = "app.get('/items/:id', f); router.delete(`/items/:id`, g)"
    assert routes_in([flask, express]) == {
        "GET /",
        "GET /notes/*",
        "POST /notes/*",
        "POST /add",
        "GET /items/*",
        "DELETE /items/*",
    }
    assert may_write(["def do_POST(self):"])
    assert not may_write(["def do_GET(self):"])


def test_every_serial_of_a_form_is_its_own() -> None:
    the_form = form("<form method=post><input name=a><input name=b></form>")
    used = [entry.value for serial in (0, 11, 22) for entry in entries(the_form, serial, credentials(0))]
    assert len(set(used)) == len(list(itertools.chain(used)))
