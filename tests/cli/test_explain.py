"""minipaas explain."""

import json

import pytest
from click.testing import CliRunner, Result

from minipaas.cli.explain import page
from minipaas.cli.main import cli
from minipaas.errors import UsageProblem
from minipaas.report.wrapping import seen_width
from minipaas.rules.catalogue import ENTRIES


def explain(*words: str) -> Result:
    return CliRunner().invoke(cli, ["explain", *words])


def test_a_code_is_explained_whole() -> None:
    told = " ".join(explain("mp101").stdout.split())
    entry = ENTRIES[0]
    for text in (entry.code, entry.name, entry.title, entry.why, entry.example, entry.fix, entry.source):
        assert text in told


def test_several_codes_are_explained_once_each_in_the_order_asked() -> None:
    told = explain("MP204", "state-in-files", "MP101").stdout
    assert told.index("MP204") < told.index("MP101")
    assert told.count("MP101 state-in-files:") == 1


def test_without_a_code_all_are_listed_a_line_each() -> None:
    listed = explain().stdout.splitlines()
    assert [line.split()[0] for line in listed] == [entry.code for entry in ENTRIES]


def test_json_holds_all_of_them_or_those_asked_for() -> None:
    assert len(json.loads(explain("--json").stdout)) == len(ENTRIES)
    (entry,) = json.loads(explain("--json", "MP302").stdout)
    assert (entry["code"], entry["rule"], entry["severity"]) == ("MP302", "three", "warning")


def test_an_unknown_code_is_a_usage_problem_with_a_suggestion() -> None:
    told = explain("MP1O1").exception
    assert isinstance(told, UsageProblem)
    assert told.hint == "did you mean `MP101`?"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
def test_a_page_fits_its_terminal(entry: object) -> None:
    lines = page(entry, width=80, colour=False).splitlines()  # type: ignore[arg-type]
    assert all(seen_width(line) <= 80 or line.startswith("source:") for line in lines)


def test_off_a_terminal_there_are_no_colours() -> None:
    assert "\x1b" not in explain("MP101").stdout
    assert "\x1b" in page(ENTRIES[0], width=80, colour=True)
