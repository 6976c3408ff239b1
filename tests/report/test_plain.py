"""Strangers' text is harmless, and still what they wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipaas.report.plain import cleaned, clipped, encodable, plain
from tests.report.samples import FILES, STRANGE


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("what it is", "what it is"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;new title\x07text", "text"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jcleared", "cleared"),
        ("\x1b(Bset", "set"),
        ("one\r\ntwo\tthree\u2028four", "one two three four"),
        ("bell\x07 null\x00", "bell\\x07 null\\x00"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("\udc80\ufffe", "\ufffd\ufffd"),
        ("👩‍💻 naïve 书", "👩‍💻 naïve 书"),
    ],
)
def test_controls_are_taken_out_or_spelled_out(given_text: str, shown: str) -> None:
    assert plain(given_text) == shown


@given(st.text(st.characters()))
def test_nothing_that_steers_a_terminal_or_breaks_an_encoding_is_left(text: str) -> None:
    shown = plain(text)
    shown.encode()
    assert not any(letter < " " or "\x7f" <= letter <= "\x9f" for letter in shown)
    assert plain(shown) == shown


@given(st.text(st.characters()))
def test_what_is_encodable_is_as_long_as_it_was(text: str) -> None:
    encodable(text).encode()
    assert len(encodable(text)) == len(text)


def test_a_long_text_says_how_much_of_it_is_missing() -> None:
    assert clipped("x" * 30, 10) == "xxxxxxxxxx… (20 more characters)"
    assert clipped("x" * 10, 10) == "xxxxxxxxxx"


def test_every_text_of_a_report_is_cleaned_and_nothing_else_changes() -> None:
    assert cleaned(FILES, plain) == FILES
    assert "\x1b" not in repr(cleaned(STRANGE, plain)).replace("\\x1b", "")
    assert "\\x1b[31m" not in repr(cleaned(STRANGE, plain))
