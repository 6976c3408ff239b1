"""Names of apps, durations, sizes, and how a stranger's text is shown."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minipaas.parse.app_name import app_name_from, is_app_name
from minipaas.parse.duration import parse_duration
from minipaas.parse.dyno_size import find_size
from minipaas.parse.wording import QUOTE_LENGTH, did_you_mean, listed, quoted
from tests.parse.strangers import anything


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("notes", "notes"),
        ("My Shop", "my-shop"),
        ("my_shop.git", "my-shop-git"),
        ("Café Zürich", "cafe-zurich"),
        ("2048", "app-2048"),
        ("x", "app-x"),
        ("--a--b--", "a-b"),
        ("a" * 29 + "-b", "a" * 29),
        ("приложение", "app-635b8bf0"),
        ("", "app-00000000"),
    ],
)
def test_any_folder_gives_a_legal_name(folder: str, name: str) -> None:
    assert app_name_from(folder) == name


@given(anything)
@example("\udc80")
def test_a_name_made_is_legal_and_stays(folder: str) -> None:
    name = app_name_from(folder)
    assert is_app_name(name)
    assert app_name_from(name) == name


def test_two_folders_without_latin_letters_differ() -> None:
    assert app_name_from("магазин") != app_name_from("каталог")


@pytest.mark.parametrize("name", ["ab", "a1", "my-shop", "a" * 30])
def test_a_legal_name(name: str) -> None:
    assert is_app_name(name)


@pytest.mark.parametrize("name", ["", "a", "1a", "-ab", "ab-", "Ab", "a_b", "a.b", "a" * 31, "ab\n", "añ"])
def test_an_illegal_name(name: str) -> None:
    assert not is_app_name(name)


@pytest.mark.parametrize(
    "text", ["", "s", "-1s", "1 s", "1d", "1S", "1e3", ".5s", "1.s", "inf", "nan", "١s", "1s\n", "9" * 20]
)
def test_no_duration(text: str) -> None:
    assert parse_duration(text) is None


@given(st.integers(0, 10**9 - 1), st.sampled_from([("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("", 1)]))
def test_a_duration_is_its_number_times_its_unit(number: int, unit: tuple[str, float]) -> None:
    assert parse_duration(f"{number}{unit[0]}") == pytest.approx(number * unit[1])


@pytest.mark.parametrize(
    ("name", "size"), [("ECO", "Eco"), ("standard-1X", "Standard-1X"), ("free", "Eco"), ("Shield-L", "Performance-L")]
)
def test_a_size_is_found_in_any_case_and_under_older_names(name: str, size: str) -> None:
    found = find_size(name)
    assert found is not None
    assert found.name == size


@given(anything)
def test_a_quotation_is_one_short_printable_line(text: str) -> None:
    shown = quoted(text)
    assert shown.isprintable()
    assert len(shown) <= QUOTE_LENGTH + 3


def test_terminal_escapes_are_shown_not_sent() -> None:
    assert quoted("\x1b[2J\r") == "`\\x1b[2J\\r`"


def test_near_misses() -> None:
    assert did_you_mean("HOSTZ", ["hosts", "apps"]) == "did you mean `hosts`?"
    assert did_you_mean("zebra", ["hosts", "apps"]) is None
    assert did_you_mean("x" * 100_000, ["hosts"]) is None


def test_a_list_in_words() -> None:
    assert (listed(["a", "b"]), listed([])) == ("a, b", "none")
    assert re.fullmatch("none", listed(iter(())))
