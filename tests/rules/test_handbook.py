"""The catalogue: complete, found by what users type, and the same in the documentation."""

import re
from pathlib import Path

import pytest

from minipaas.errors import UsageProblem
from minipaas.rules.catalogue import ENTRIES
from minipaas.rules.handbook import find, handbook

DOCS = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_documentation_is_made_from_the_catalogue() -> None:
    assert DOCS.read_text("utf-8") == handbook()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
def test_an_entry_is_whole(entry: object) -> None:
    for key in ("title", "why", "example", "fix"):
        assert getattr(entry, key).strip()
    assert re.fullmatch(r"MP[123]\d\d", entry.code)  # type: ignore[attr-defined]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", entry.name)  # type: ignore[attr-defined]
    assert entry.source.startswith("https://")  # type: ignore[attr-defined]


def test_no_code_and_no_name_is_given_twice() -> None:
    assert len({entry.code for entry in ENTRIES}) == len({entry.name for entry in ENTRIES}) == len(ENTRIES)


def test_a_codes_first_digit_is_its_rule() -> None:
    assert all({"1": "one", "2": "two", "3": "three"}[entry.code[2]] == entry.rule for entry in ENTRIES)


@pytest.mark.parametrize("word", ["MP101", "mp101", " Mp101 ", "state-in-files", "State_In_Files", "state in files"])
def test_a_code_is_found_by_what_a_user_types(word: str) -> None:
    assert find(word).code == "MP101"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("state-in-file", "did you mean `state-in-files`?"),
        ("MP1O1", "did you mean `MP101`?"),
        ("nonsense!", "`minipaas explain` lists all codes"),
        ("", "`minipaas explain` lists all codes"),
    ],
)
def test_a_word_that_is_none_gets_a_hint(word: str, hint: str) -> None:
    with pytest.raises(UsageProblem) as told:
        find(word)
    assert told.value.hint == hint
