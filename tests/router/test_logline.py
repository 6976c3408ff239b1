"""The router's line is Heroku's, and nothing a client sends can forge a word of it."""

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.model.request import RequestRecord
from minipaas.router.logline import line, lines

FINE = RequestRecord(
    app="shop",
    started_at=0.0,
    method="GET",
    path="/",
    host="daily-mailer-39029f0bfc36.herokuapp.com",
    request_id="2e97c191-3b3f-2d41-7cf1-d30e9a7b34c5",
    fwd="31.125.50.224",
    dyno="web.1",
    connect_ms=0,
    service_ms=793,
    status=304,
    bytes=0,
)


def test_the_line_is_as_router_2_0_wrote_it() -> None:
    assert line(replace(FINE, tls=True)) == (
        'at=info method=GET path="/" host=daily-mailer-39029f0bfc36.herokuapp.com '
        'request_id=2e97c191-3b3f-2d41-7cf1-d30e9a7b34c5 fwd="31.125.50.224" dyno=web.1 connect=0ms service=793ms '
        "status=304 bytes=0 protocol=http1.1 tls=true tls_version=unknown"
    )
    assert line(FINE).endswith(" protocol=http1.1 tls=false")


def test_a_fault_stands_before_the_method_and_the_unknown_is_empty() -> None:
    broken = replace(
        FINE, at="error", code="H14", desc="No web processes running", status=503, dyno="", connect_ms=None,
        service_ms=None, bytes=None,
    )  # fmt: skip
    text = line(broken)
    assert text.startswith('at=error code=H14 desc="No web processes running" method=GET ')
    assert text.endswith(" dyno= connect= service= status=503 bytes= protocol=http1.1 tls=false")


def test_sock_stands_first_and_cause_after_desc() -> None:
    assert line(replace(FINE, at="warning", code="H27", desc="D", sock="client")).startswith(
        'sock=client at=warning code=H27 desc="D" method='
    )
    assert line(replace(FINE, at="error", code="H26", desc="D", cause="bad header")).startswith(
        'at=error code=H26 desc="D" cause="bad header" method='
    )


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("path", '/" dyno=evil "', 'path="/\\" dyno=evil \\""'),
        ("path", "/a\\b", 'path="/a\\\\b"'),
        ("path", "/\r\nfake", 'path="/\\x0d\\x0afake"'),
        ("host", 'a b="c"', "host=a\\x20b=\\x22c\\x22 "),
        ("host", "a\nb", "host=a\\x0ab "),
        ("fwd", '1.1.1.1" x="', 'fwd="1.1.1.1\\" x=\\""'),
        ("fwd", "\x1b[31m\x85\x9b", 'fwd="\\x1b[31m\\x85\\x9b"'),
    ],
)
def test_what_a_client_chose_cannot_forge_a_word(name: str, value: str, seen: str) -> None:
    assert seen in line(replace(FINE, **{name: value}))


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_a_record_is_always_one_printable_line(path: str, host: str, fwd: str) -> None:
    text = line(replace(FINE, path=path, host=host, fwd=fwd))
    assert len(text.splitlines()) == 1
    assert text.count(" dyno=web.1 connect=") >= 1
    assert text.endswith(" dyno=web.1 connect=0ms service=793ms status=304 bytes=0 protocol=http1.1 tls=false")


def test_many_lines_end_in_newlines() -> None:
    assert lines([FINE, FINE]) == (line(FINE) + "\n").encode() * 2
    assert lines([]) == b""


def test_every_field_but_app_life_and_start_is_in_the_line() -> None:
    shown = {field.name for field in fields(RequestRecord)} - {"app", "life", "started_at"}
    for name in sorted(shown):
        other = 77 if name in ("connect_ms", "service_ms", "status", "bytes") else "seventyseven"
        if name == "tls":
            other = True
        assert line(replace(FINE, at="error", code="H1")) != line(
            replace(FINE, **{"at": "error", "code": "H1", name: other})
        )
