"""What a recording says its user did. Pure."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.chaos.markers import Marker
from minipaas.chaos.page import read_page
from minipaas.chaos.recording import Act, NothingHere, read_recording
from minipaas.chaos.typed import Typed, Uniqueness, beside, filling, find_form, leaves, picks, unique_json
from minipaas.model.har import Har, HarEntry, HarField

HOST = "http://shop.localhost"


def entry(
    asked: str,
    status: int = 200,
    *,
    to: str = "",
    kind: str = "text/html",
    host: str = HOST,
    app: str = "",
    **more: Any,
) -> HarEntry:
    method, path = asked.split(" ", 1)
    return HarEntry(
        at=0, method=method, url=f"{host}{path}", status=status, location=to, answer_kind=kind, app=app, **more
    )


def acts(*entries: HarEntry, app: str = "shop") -> tuple[Act, ...]:
    return read_recording(Har(entries), app).acts


def said(*entries: HarEntry) -> list[str]:
    return [f"{act.method} {act.path}{f' -> {act.landing}' if act.landing else ''}" for act in acts(*entries)]


def test_redirects_belong_to_what_led_to_them() -> None:
    assert said(
        entry("GET /"),
        entry("POST /cart", 303, to="/middle"),
        entry("GET /style.css", kind="text/css"),
        entry("GET /middle", 302, to=f"{HOST}/cart"),
        entry("GET /cart", answer="cart"),
        entry("GET /cart"),
    ) == ["GET /", "POST /cart -> /cart", "GET /cart"]


def test_what_a_browser_does_by_itself_is_left_out() -> None:
    assert said(
        entry("GET /favicon.ico"),
        entry("GET /a", kind="image/png"),
        entry("OPTIONS /api"),
        entry("GET /aborted", 0),
        entry("GET /missing", 404),
        entry("POST /refused", 422),
        entry("GET /page"),
    ) == ["GET /page"]


def test_other_origins_are_left_out_and_told() -> None:
    other = replace(entry("GET /x", host="https://cdn.example"), at=1)
    recording = read_recording(Har((entry("GET /"), other)), "shop")
    assert [act.path for act in recording.acts] == ["/"]
    assert recording.left_out == ("requests to cdn.example",)


def test_a_recording_of_several_apps_is_read_by_the_apps_name() -> None:
    both = (
        entry("GET /a", app="shop", host="http://127.0.0.1:5007"),
        entry("GET /b", app="mail"),
        entry("GET /c", app="shop"),
    )
    assert [act.path for act in acts(*both)] == ["/a", "/c"]
    with pytest.raises(NothingHere, match="nothing of chess, but of shop, mail"):
        acts(*both, app="chess")
    assert [act.path for act in acts(both[0], app="renamed")] == ["/a"], "one app alone is meant"


def test_a_recording_without_a_page_is_refused() -> None:
    with pytest.raises(NothingHere, match="no page of the app"):
        acts(entry("GET /x.css", kind="text/css"))


SHOP = """<ul>
<li>Assam <form method=post action=/cart><input type=hidden name=code value=assam><input name=note></form></li>
<li>Sencha <form method=post action=/cart><input type=hidden name=code value=sencha><input name=note></form></li>
</ul>
<form method=post action=/join><input name=mail type=email><input name=again type=email>
<input type=password name=pass>
<input name=count type=number value=1><select name=size><option>S<option>M</select><button>Register</button></form>"""


def act(path: str, *fields: tuple[str, str], **more: Any) -> Act:
    return Act(method="POST", path=path, fields=tuple(HarField(*each) for each in fields), **more)


def test_the_form_that_was_sent_is_known_by_its_hidden_fields() -> None:
    page = read_page(f"{HOST}/", SHOP)
    sent = act("/cart", ("code", "sencha"), ("note", "for Ann"))
    found = find_form(sent, [read_page(f"{HOST}/", "<p>other"), page])
    assert found is not None
    assert (found[0], found[1].action) == (1, f"{HOST}/cart")
    assert picks(sent, found[1], page) == (("code", "sencha"),)
    assert find_form(act("/nowhere", ("code", "x")), [page]) is None


def test_what_was_typed_becomes_unique_and_what_was_chosen_stays() -> None:
    page = read_page(f"{HOST}/", SHOP)
    sent = act("/join", ("mail", "a@b.org"), ("again", "a@b.org"), ("pass", "secret"), ("count", "1"), ("size", "M"))
    form = find_form(sent, [page])
    assert form is not None
    made = filling(sent, form[1], Typed(), 40, unique=True)
    values = {each.name: each.value for each in made.entries}
    assert values["mail"] == values["again"] != "a@b.org"
    assert values["mail"].endswith("@example.com")
    assert (values["pass"], values["size"], "count" in values) == ("secret", "M", False)
    assert set(made.news) == {"a@b.org"}
    plain = filling(sent, form[1], Typed(), 40, unique=False)
    assert {each.name: each.value for each in plain.entries}["mail"] == "a@b.org"
    assert plain.news == {}


LOGIN = (
    "<form method=post action=/login><input name=user><input type=password name=pass><button>Log in</button></form>"
)


def test_who_logs_in_is_who_registered_or_who_was_there_before() -> None:
    page = read_page(f"{HOST}/", LOGIN)
    sent = act("/login", ("user", "ann"), ("pass", "secret"))
    form = find_form(sent, [page])
    assert form is not None
    typed = Typed()
    assert [each.value for each in filling(sent, form[1], typed, 1, unique=True).entries] == ["ann", "secret"]
    typed.learn({"ann": ("zq001ah", Marker("zq001ah"))})
    assert [each.value for each in filling(sent, form[1], typed, 1, unique=True).entries] == ["zq001ah", "secret"]


NOTES = """<ul><li>buy tea <form method=post action=/n/1/delete><button>x</button></form></li>
<li>call Ann <form method=post action=/n/2/delete><button>x</button></form></li></ul>"""


def test_the_form_beside_what_was_typed_is_known_by_it() -> None:
    page = read_page(f"{HOST}/", NOTES)
    typed = Typed({"buy tea": ("zq001ah", Marker("zq001ah")), "call Ann": ("zq002bb", Marker("zq002bb"))})
    sent = act("/n/2/delete", referer="/")
    form = find_form(sent, [page])
    assert form is not None
    assert beside(sent, form[1], NOTES, typed) == (Marker("zq002bb"),)
    assert beside(sent, form[1], "", typed) == ()


def test_free_texts_in_json_become_unique() -> None:
    numbers = iter(range(1, 100))
    sent = {
        "title": "buy tea",
        "kind": "XL",
        "due": "2026-01-02",
        "password": "hush hush",
        "tags": ["buy tea"],
        "n": 5,
    }
    body, news = unique_json(sent, lambda: next(numbers), Typed(), Uniqueness.ALL)
    assert body["title"] == body["tags"][0] != "buy tea"
    assert {key: body[key] for key in ("kind", "due", "password", "n")} == {
        "kind": "XL",
        "due": "2026-01-02",
        "password": "hush hush",
        "n": 5,
    }
    assert set(news) == {"buy tea"}
    assert unique_json(sent, lambda: next(numbers), Typed(), Uniqueness.NONE) == (sent, {})


def test_of_free_texts_the_longest_is_tried_alone() -> None:
    body, news = unique_json({"title": "buy tea", "priority": "high"}, lambda: 1, Typed(), Uniqueness.LONGEST)
    assert (body["priority"], set(news)) == ("high", {"buy tea"})


def test_leaves_have_dotted_paths() -> None:
    assert list(leaves({"a": [{"id": 7}], "b": True, "c": "x"})) == [("a.0.id", 7), ("c", "x")]


texts = st.text(max_size=12)


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["GET", "POST"]), texts, st.sampled_from([0, 200, 302, 303, 307, 404]), texts, texts
        )
    )
)
def test_any_recording_is_read_or_has_nothing(made: list[tuple[str, str, int, str, str]]) -> None:
    entries = [
        HarEntry(
            at=number,
            method=method,
            url=f"{HOST}/{path}",
            status=status,
            location=to,
            headers=(("Referer", f"http://[{refers}"),),
        )
        for number, (method, path, status, to, refers) in enumerate(made)
    ]
    with suppress(NothingHere):
        json.dumps([each.path for each in read_recording(Har(tuple(entries)), "shop").acts])
