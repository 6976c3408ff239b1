"""The report on a terminal."""

import re

import pytest
from hypothesis import given, settings

from minipaas.model.verdict import Report
from minipaas.report.as_text import as_text, verdict_line
from minipaas.report.wrapping import seen_width
from tests.report.golden import assert_golden
from tests.report.samples import CLEAN, GUESTBOOK, NEVER_UP, REPORTS, WARNED, report
from tests.report.strangers import reports

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_RED = re.compile(r"\x1b\[[0-9;]*31m([^\x1b]*)\x1b")
#: Lines that are to be copied or searched for whole.
_UNBROKEN = re.compile(r"\s*(repeat:|docs:|=== |.*: rule (one|two|three) )")


@pytest.mark.parametrize("name", REPORTS)
def test_it_reads_as_it_did(name: str) -> None:
    assert_golden(f"{name}.txt", as_text(REPORTS[name]))


def test_it_reads_as_it_did_on_a_wide_terminal() -> None:
    assert_golden("several-120.txt", as_text(REPORTS["several"], width=120))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", REPORTS)
def test_no_line_is_wider_than_the_terminal_but_those_to_be_copied(name: str, width: int) -> None:
    for line in as_text(REPORTS[name], width=width).splitlines():
        assert seen_width(line) <= width or _UNBROKEN.match(line)


@pytest.mark.parametrize("name", REPORTS)
def test_colours_change_no_letter(name: str) -> None:
    assert _COLOURS.sub("", as_text(REPORTS[name], colour=True)) == as_text(REPORTS[name])
    assert "\x1b" not in as_text(REPORTS[name])


def test_only_what_fails_is_red() -> None:
    assert set(_RED.findall(as_text(REPORTS["several"], colour=True))) == {
        "MP101 error:",
        "MP102 error:",
        "MP204 error:",
        "MP301 error:",
        "MP201 error:",
        "BROKEN (files)",
        "BROKEN (memory)",
        "BROKEN (R12)",
        "BROKEN (H12)",
        "BROKEN (R10)",
    }
    assert not _RED.findall(as_text(report(CLEAN, WARNED), colour=True))


def test_the_verdict_of_an_app_is_one_line() -> None:
    assert verdict_line(GUESTBOOK) == "guestbook: rule one BROKEN (files) · rule two kept · rule three kept"
    assert verdict_line(NEVER_UP) in as_text(report(NEVER_UP), width=40).splitlines()


def test_the_last_line_repeats_the_run() -> None:
    assert as_text(REPORTS["files"]).splitlines()[-1] == "repeat: minipaas chaos examples/guestbook --seed 7"


@settings(max_examples=60, deadline=None)
@given(reports)
def test_no_text_steers_the_terminal(strange: Report) -> None:
    text = as_text(strange)
    text.encode()
    assert not any(letter < " " and letter != "\n" for letter in text)
    bare = _COLOURS.sub("", as_text(strange, colour=True))
    assert [line.rstrip() for line in bare.split("\n")] == text.split("\n")
