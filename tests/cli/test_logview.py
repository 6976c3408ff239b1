"""How log lines look: Heroku's format, colours on a terminal, JSON lines."""

import base64
import json
import re

import pytest

from minipaas.cli.logview import TextView, json_view
from minipaas.cli.terminal import wants_colour
from minipaas.model.logline import LogChunk, Source, render

TIME = 1_800_000_000.000006
STAMP = b"2027-01-15T08:00:00.000006+00:00"


def chunk(data: bytes, process: str = "web.1", source: Source = Source.APP) -> LogChunk:
    return LogChunk(TIME, source, process, data, data.count(b"\n"))


def colour_of(view: TextView, process: str, source: Source = Source.APP, app: str = "notes") -> bytes:
    head = re.match(rb"(?:\w+ +\| )?\x1b\[0;([0-9;]+)m", view(app, chunk(b"x\n", process, source)))
    assert head
    return head[1]


@pytest.mark.parametrize(
    ("is_terminal", "env", "no_color", "wanted"),
    [
        (True, {}, False, True),
        (True, {"TERM": "xterm-256color"}, False, True),
        (False, {}, False, False),
        (True, {"TERM": "dumb"}, False, False),
        (True, {}, True, False),
        (True, {"NO_COLOR": "1"}, False, False),
        (True, {"NO_COLOR": ""}, False, True),
        (False, {"FORCE_COLOR": "1"}, False, True),
        (False, {"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        (False, {"FORCE_COLOR": "0"}, False, False),
        (False, {"FORCE_COLOR": ""}, False, False),
        (True, {"FORCE_COLOR": "0"}, False, True),
        (True, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        (True, {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_who_wants_colours(is_terminal: bool, env: dict[str, str], no_color: bool, wanted: bool) -> None:
    assert wants_colour(is_terminal, env, no_color=no_color) is wanted


@pytest.mark.parametrize("data", [b"one\n", b"\n", b"a\n\nb\n", b"10%\r20%\n", b"\xff\0\x1b[31m\n"])
def test_without_colours_lines_are_herokus_byte_for_byte(data: bytes) -> None:
    assert TextView()("notes", chunk(data)) == render(chunk(data))


def test_a_coloured_head_and_an_untouched_message() -> None:
    view = TextView(colour=True)
    head = b"\x1b[0;36m" + STAMP + b" app[web.1]:\x1b[0m "
    assert view("notes", chunk(b"a \x1b[1mb\nc\n")) == head + b"a \x1b[1mb\n" + head + b"c\n"


def test_each_process_type_keeps_the_colour_of_its_first_appearance() -> None:
    view = TextView(colour=True)
    first = [colour_of(view, process) for process in ("web.1", "worker.1", "web.2", "clock.1")]
    assert first[0] == first[2]
    assert len(set(first)) == 3
    assert [colour_of(view, process) for process in ("clock.1", "web.1", "worker.7")] == [
        first[3],
        first[0],
        first[1],
    ]


def test_colours_begin_again_after_ten_types_and_red_is_none_of_them() -> None:
    view = TextView(colour=True)
    colours = [colour_of(view, f"type{number}.1") for number in range(20)]
    assert colours[:10] == colours[10:]
    assert len(set(colours)) == 10
    assert not {b"31", b"91"} & set(colours)


def test_the_platform_and_the_router_look_different_from_the_app() -> None:
    view = TextView(colour=True)
    app, platform, router = (
        colour_of(view, "web.1"),
        colour_of(view, "web.1", Source.HEROKU),
        colour_of(view, "router", Source.HEROKU),
    )
    assert platform == b"1;" + app
    assert router == b"90"


@pytest.mark.parametrize(
    ("process", "line"),
    [
        ("router", b'at=error code=H12 desc="Request timeout" method=GET path="/"'),
        ("web.1", b"Error R10 (Boot timeout) -> Web process failed to bind"),
        ("logplex", b"Error L11 (Tail buffer overflow) -> This tail session dropped 1 messages since x."),
    ],
)
def test_error_codes_of_the_platform_are_red(process: str, line: bytes) -> None:
    shown = TextView(colour=True)("notes", chunk(b"at=info\n" + line + b"\nat=info\n", process, Source.HEROKU))
    lines = shown.split(b"\n")
    assert lines[1].endswith(b"\x1b[31m" + line + b"\x1b[0m")
    assert lines[0].endswith(b"\x1b[0m at=info")
    assert lines[2].endswith(b"\x1b[0m at=info")


@pytest.mark.parametrize("source", Source)
def test_a_path_or_an_app_that_speaks_of_errors_is_not_red(source: Source) -> None:
    line = b'at=info method=GET path="/?at=error Error H12 "' if source is Source.HEROKU else b"Error R10 (mine)"
    assert b"\x1b[31m" not in TextView(colour=True)("notes", chunk(line + b"\n", "router", source))


def test_one_app_has_no_column_and_several_have() -> None:
    assert TextView(apps=["notes"])("notes", chunk(b"x\n")).startswith(STAMP)
    view = TextView(apps=["web", "messages"])
    assert view("web", chunk(b"a\nb\n")) == b"".join(
        b"web      | " + STAMP + b" app[web.1]: " + message for message in (b"a\n", b"b\n")
    )
    assert view("messages", chunk(b"a\n")).startswith(b"messages | ")


def test_the_column_comes_with_the_second_app() -> None:
    view = TextView()
    assert view("web", chunk(b"x\n")).startswith(STAMP)
    assert view("messages", chunk(b"x\n")).startswith(b"messages | ")
    assert view("web", chunk(b"x\n")).startswith(b"web      | ")


def test_two_apps_types_of_one_name_have_colours_of_their_own() -> None:
    view = TextView(colour=True, apps=["a", "b"])
    assert colour_of(view, "web.1", app="a") != colour_of(view, "web.1", app="b")


def test_json_lines() -> None:
    lines = json_view("notes", chunk('ü "quoted" \u2028\r\n\n'.encode())).splitlines()
    assert [json.loads(line) for line in lines] == [
        {"app": "notes", "time": STAMP.decode(), "source": "app", "process": "web.1", "message": message}
        for message in ('ü "quoted" \u2028\r', "")
    ]


def test_bytes_that_are_no_utf_8_come_as_base64_beside_what_can_be_shown() -> None:
    line = b"caf\xe9 \xff\0"
    fine, odd = json_view("notes", chunk(b"fine\n" + line + b"\n")).splitlines()
    assert "message_base64" not in json.loads(fine)
    assert json.loads(odd)["message"] == "caf\ufffd \ufffd\0"
    assert base64.b64decode(json.loads(odd)["message_base64"]) == line
