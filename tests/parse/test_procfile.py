"""The classic grammar, and what is said about the lines Heroku drops."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.errors import FileProblem
from minipaas.parse.procfile import MAX_WARNINGS, misnamed, parse_procfile
from tests.parse.strangers import anything, near

#: heroku/buildpacks-procfile SPEC.md, the classic build's expression.
CLASSIC = re.compile(r"^[ \t\n\v\f\r]*([a-zA-Z0-9_-]+):?\s+(.*)[ \t\n\v\f\r]*", re.ASCII)

procfiles = near(
    "web", "worker", ":", ": ", " ", "\t", "\n", "\r\n", "\r", "npm start", "#", "-", "_", "=======", "\ufeff"
)


def messages(text: str) -> list[str]:
    return [str(warning) for warning in parse_procfile(text).warnings]


def test_types_stand_in_file_order_with_their_lines() -> None:
    procfile = parse_procfile("# ours\n\nweb: npm start\nworker: node worker.js --fast\nrelease: ./migrate\n")
    assert list(procfile.types.items()) == [
        ("web", "npm start"),
        ("worker", "node worker.js --fast"),
        ("release", "./migrate"),
    ]
    assert procfile.lines == {"web": 3, "worker": 4, "release": 5}
    assert procfile.warnings == ()


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("web rails s", {"web": "rails s"}),
        ("  web:\t npm start", {"web": "npm start"}),
        ("My_Worker-2: x", {"My_Worker-2": "x"}),
        ("web: x # y", {"web": "x # y"}),
        ("web: x  ", {"web": "x  "}),
        ("web: x\\ ", {"web": "x\\ "}),
        ("web:x", {}),
        ("web:", {}),
        ("web: ", {"web": ""}),
        ("web: a: b", {"web": "a: b"}),
        ("web: $PORT ${X:-y} 'z'", {"web": "$PORT ${X:-y} 'z'"}),
        ("wörker: x", {}),
        ("# web: x", {}),
        ("web: ü", {"web": "ü"}),
        ("web: x\x0bworker: y\u2028z: 1", {"web": "x\x0bworker: y\u2028z: 1"}),
    ],
)
def test_exactly_the_lines_of_the_classic_grammar_count(text: str, types: dict[str, str]) -> None:
    assert parse_procfile(text).types == types


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("web:npm start", "Procfile:1: line dropped, as on Heroku: no space after `web:`, write `web: npm start`"),
        (
            "web:\u00a0npm start",
            "Procfile:1: line dropped, as on Heroku: U+00A0 is not a plain space, write `web: npm start`",
        ),
        ("web:", "Procfile:1: line dropped, as on Heroku: no command after `web:`"),
        ("web: ", "Procfile:1: `web` has no command: its dynos would end at once"),
        ("&&&&", "Procfile:1: line dropped, as on Heroku: `&&&&` is not `type: command`"),
        ("web", "Procfile:1: line dropped, as on Heroku: `web` is not `type: command`"),
        ("web rails s", "Procfile:1: no colon: read as `web: rails s`, as on Heroku"),
        (
            "web : x",
            "Procfile:1: the space before the colon makes the command `: x`, as on Heroku; write `web: x`",
        ),
        ("<<<<<<< HEAD", "Procfile:1: line dropped, as on Heroku: `<<<<<<< HEAD` was left by a merge"),
        ("=======", "Procfile:1: line dropped, as on Heroku: `=======` was left by a merge"),
        (">>>>>>> topic", "Procfile:1: line dropped, as on Heroku: `>>>>>>> topic` was left by a merge"),
        ("web: a\nweb: b", "Procfile:2: `web` stands on line 1 too; this one counts, as on Heroku"),
        ("run: x", "Procfile:1: a process type called `run` is mistaken for the platform's own: choose another name"),
        ("-a: x", "Procfile:1: Heroku's Fir refuses the name `-a`: a letter or digit at both ends, 63 at most"),
        ("web: a\rworker: b", "Procfile:1: a carriage return inside the line is part of the command, as on Heroku"),
        ("", "Procfile: declares no process types"),
        ("# only words\n", "Procfile: declares no process types"),
        ("\x1b[31mred", "Procfile:1: line dropped, as on Heroku: `\\x1b[31mred` is not `type: command`"),
    ],
)
def test_what_may_surprise_is_said(text: str, said: str) -> None:
    assert said in messages(text)


def test_a_byte_order_mark_costs_the_first_line_as_on_heroku() -> None:
    procfile = parse_procfile("\ufeffweb: x\nworker: y\n")
    assert procfile.types == {"worker": "y"}
    assert "the file begins with a byte order mark, save as UTF-8 without BOM" in str(procfile.warnings[0])


@pytest.mark.parametrize("name", ["web", "worker", "release", "celery_beat", "Clock", "a", "console", "rake"])
def test_ordinary_types_have_no_warning(name: str) -> None:
    assert messages(f"{name}: x\n") == []


def test_the_last_of_two_lines_counts_and_stands_where_it_is() -> None:
    procfile = parse_procfile("web: a\nworker: w\nweb: b\n")
    assert list(procfile.types.items()) == [("worker", "w"), ("web", "b")]
    assert procfile.lines["web"] == 3


def test_crlf_is_taken_away_with_one_warning() -> None:
    procfile = parse_procfile("web: npm start\r\nworker: x\r\n")
    assert procfile.types == {"web": "npm start", "worker": "x"}
    assert [warning.line for warning in procfile.warnings] == [1]
    assert "CRLF" in procfile.warnings[0].message


def test_an_empty_command_in_a_crlf_file_counts_as_the_grammar_has_it() -> None:
    assert parse_procfile("web:\r\n").types == {"web": ""}


def test_a_file_that_is_no_procfile_gets_a_bounded_number_of_warnings() -> None:
    warnings = parse_procfile("!\n" * 500).warnings
    assert len(warnings) == MAX_WARNINGS + 1
    assert str(warnings[-1]) == "Procfile: 481 more warnings like these; is this a Procfile?"


def test_a_long_line_is_quoted_short() -> None:
    text = f"{'w' * 100_000}: {'x' * 100_000}\n" * 2 + "!" * 100_000
    assert all(len(message) < 400 for message in messages(text))


def test_a_nul_is_a_fault_with_its_line() -> None:
    with pytest.raises(FileProblem, match=r"^Procfile:2: this is no text") as caught:
        parse_procfile("web: x\nw\0o\0r\0k\0e\0r\0")
    assert (caught.value.line, caught.value.hint) == (2, "save the file as UTF-8")


def test_messages_name_the_path_given() -> None:
    assert parse_procfile("!\nweb: x", "shop/Procfile").warnings[0].path == "shop/Procfile"


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["procfile", "app.py"], "procfile"),
        (["Procfile.txt"], "Procfile.txt"),
        (["PROCFILE"], "PROCFILE"),
        (["Procfile", "procfile"], None),
        (["Procfile.dev", "app.py"], None),
        ([], None),
    ],
)
def test_a_misnamed_procfile_is_found(names: list[str], found: str | None) -> None:
    assert misnamed(names) == found


def classic(text: str) -> dict[str, str]:
    found = [match for line in text.split("\n") if (match := CLASSIC.match(line))]
    return {match[1]: match[2].rstrip("\r") for match in found}


@settings(max_examples=300)
@given(anything | procfiles)
def test_any_text_gives_the_pairs_of_the_classic_grammar_or_a_file_problem(text: str) -> None:
    try:
        procfile = parse_procfile(text)
    except FileProblem as fault:
        assert fault.line is not None
        return
    assert procfile.types == classic(text)
    assert procfile.lines.keys() == procfile.types.keys()
    for warning in procfile.warnings:
        assert str(warning).isprintable()


names = st.from_regex(r"[A-Za-z0-9_-]{1,10}", fullmatch=True)
commands = st.text(st.characters(codec="utf-8", exclude_characters="\0\n\r"), min_size=1).filter(
    lambda text: not re.match(r"\s", text, re.ASCII)
)


@given(st.dictionaries(names, commands, min_size=1, max_size=8))
def test_what_is_written_is_read(types: dict[str, str]) -> None:
    text = "".join(f"{name}: {command}\n" for name, command in types.items())
    assert dict(parse_procfile(text).types) == types
