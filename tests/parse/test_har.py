"""HAR files: what is read of one, and that a stranger's file is read or refused in one sentence."""

import base64
import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.errors import FileProblem
from minipaas.model.har import Har, HarField
from minipaas.parse import har as har_module
from minipaas.parse.har import MAX_URL_CHARACTERS, parse_har
from minipaas.parse.har_body import form_fields
from tests.parse.strangers import anything

ENTRY: dict[str, Any] = {
    "startedDateTime": "2026-11-24T14:58:18.284Z",
    "request": {
        "method": "POST",
        "url": "http://shop.localhost/cart?a=b#top",
        "headers": [{"name": "Referer", "value": "http://shop.localhost/"}],
        "postData": {"mimeType": "application/x-www-form-urlencoded", "text": "code=tea&note=for+Ann", "params": []},
    },
    "response": {
        "status": 303,
        "headers": [{"name": "Location", "value": "/cart"}],
        "content": {"size": 4, "mimeType": "text/html", "text": "over"},
        "redirectURL": "/cart",
    },
    "_app": "shop",
}


def har(*entries: Any) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": list(entries)}}).encode()


def read(*entries: Any) -> Har:
    return parse_har(har(*entries), "a.har")


def changed(path: str, value: Any) -> dict[str, Any]:
    """The entry with another value at a dotted path."""
    made = copy.deepcopy(ENTRY)
    *way, last = path.split(".")
    inner = made
    for part in way:
        inner = inner[part]
    inner[last] = value
    return made


def fault(data: bytes) -> str:
    with pytest.raises(FileProblem) as raised:
        parse_har(data, "a.har")
    return raised.value.message


def test_an_entry_is_read() -> None:
    (entry,) = read(ENTRY).entries
    assert (entry.method, entry.url, entry.status, entry.location) == (
        "POST",
        "http://shop.localhost/cart?a=b",
        303,
        "/cart",
    )
    assert entry.fields == (HarField("code", "tea"), HarField("note", "for Ann"))
    assert (entry.header("referer"), entry.answer, entry.app) == ("http://shop.localhost/", "over", "shop")


def test_entries_come_in_the_order_in_which_they_were_made() -> None:
    late = changed("startedDateTime", "2026-11-24T15:00:00+00:00")
    early = changed("startedDateTime", "2026-11-24T13:00:00.123456789Z")
    unknown = changed("startedDateTime", "soon")
    assert [entry.at for entry in read(late, unknown, early).entries] == [2, 0, 1]


def test_a_byte_order_mark_is_no_fault() -> None:
    assert parse_har(b"\xef\xbb\xbf" + har(ENTRY), "a.har").entries


def test_what_is_no_http_is_counted() -> None:
    other = changed("request.url", "wss://shop.localhost/live")
    assert read(ENTRY, other, changed("request.url", "data:text/html,x")).left_out == {"no http": 2}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a.har:1: not JSON at column 1"),
        (b"{", "not JSON at column 2"),
        (b"\xff\xfe{", "is not UTF-8 at byte 0"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"log": ' + b"9" * 5000 + b"}", "not JSON that can be read"),
        (b"[]", "the file must be a map"),
        (b"{}", "the file has no `log`"),
        (b'{"log": {}}', "`log` has no `entries`"),
        (b'{"log": {"entries": {}}}', "`log.entries` must be a list"),
        (har(), "holds no HTTP request"),
        (har(7), "`log.entries[0]` must be a map"),
        (har(ENTRY, {}), "`log.entries[1]` has no `request`"),
        (har(changed("request", {})), "`log.entries[0].request` has no `url`"),
        (har(changed("request.url", 7)), "`log.entries[0].request.url` must be text"),
        (har(changed("request.url", "http://[")), "`log.entries[0].request.url` is no URL"),
        (har(changed("request.url", "http://a:b/")), "is no URL"),
        (har(changed("request.url", "http:///x")), "is no URL"),
        (har(changed("request.url", "http://a/ b")), "is no URL"),
        (har(changed("request.url", "http://a/" + "x" * MAX_URL_CHARACTERS)), "is longer than"),
        (har(changed("request.method", "GET /x")), "`log.entries[0].request.method` is no method"),
        (har(changed("request.headers", "x")), "`log.entries[0].request.headers` must be a list"),
        (har(changed("request.headers", ["x"])), "`log.entries[0].request.headers[0]` must be a map"),
        (har(changed("response.status", True)), "`log.entries[0].response.status` must be a whole number"),
        (har(changed("response.content.text", 7)), "`log.entries[0].response.content.text` must be text"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(data: bytes, message: str) -> None:
    assert message in fault(data)


def test_a_file_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(har_module, "MAX_BYTES", 2 * 1024 * 1024)
    assert "is larger than 2 MiB" in fault(b" " * (2 * 1024 * 1024 + 1))
    monkeypatch.setattr(har_module, "MAX_ENTRIES", 2)
    assert "holds 3 entries, and 2 is the most" in fault(har(ENTRY, ENTRY, ENTRY))


def test_lone_surrogates_do_not_come_in() -> None:
    entry = read(changed("request.postData.text", "note=\ud800x")).entries[0]
    assert entry.fields == (HarField("note", "?x"),)


def test_bodies_in_base64_are_decoded_and_what_is_no_text_is_left_out() -> None:
    packed = base64.b64encode("tëa".encode()).decode()
    content = {"mimeType": "text/html", "text": packed, "encoding": "base64"}
    assert read(changed("response.content", content)).entries[0].answer == "tëa"
    assert read(changed("response.content", {**content, "text": "ä"})).entries[0].answer == ""
    assert read(changed("response.content", {**content, "mimeType": "image/png"})).entries[0].answer == ""


MULTIPART = (
    '--xYz\r\nContent-Disposition: form-data; name="note"\r\n\r\nline 1\r\nline 2\r\n'
    '--xYz\r\nContent-Disposition: form-data; name="photo"; filename="tea.png"\r\n'
    "Content-Type: image/png\r\n\r\nPNG\r\n"
    "--xYz--\r\n"
)


@pytest.mark.parametrize(
    ("kind", "text", "params", "fields"),
    [
        (
            "application/x-www-form-urlencoded; charset=utf-8",
            "a=1&a=2&b=",
            [],
            (HarField("a", "1"), HarField("a", "2"), HarField("b", "")),
        ),
        ("application/x-www-form-urlencoded", "", [("a", "b%20c", None, "")], (HarField("a", "b c"),)),
        (
            "multipart/form-data; boundary=xYz",
            MULTIPART,
            [],
            (HarField("note", "line 1\r\nline 2"), HarField("photo", "PNG", "tea.png", "image/png")),
        ),
        (
            "multipart/form-data; boundary=xYz",
            "",
            [("photo", "", "tea.png", "image/png")],
            (HarField("photo", "", "tea.png", "image/png"),),
        ),
        ("application/json", "{}", [], ()),
    ],
)
def test_forms_are_taken_apart(kind: str, text: str, params: list[Any], fields: tuple[HarField, ...]) -> None:
    assert form_fields(kind, text, params) == fields


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | anything,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["request", "url", "log", "text"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200)
@given(st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
def test_whatever_stands_in_a_file_is_read_or_refused(data: bytes) -> None:
    with suppress(FileProblem):
        parse_har(data, "a.har")


PLACES = [
    "startedDateTime", "request", "request.method", "request.url", "request.headers", "request.postData",
    "request.postData.mimeType", "request.postData.text", "request.postData.params", "response", "response.status",
    "response.headers", "response.content", "response.content.text", "response.content.encoding",
    "response.redirectURL", "_app",
]  # fmt: skip


@settings(max_examples=300)
@given(st.sampled_from(PLACES), values)
def test_an_entry_with_any_value_anywhere_is_read_or_refused(place: str, value: Any) -> None:
    with suppress(FileProblem):
        parse_har(har(ENTRY, changed(place, value)), "a.har")
