"""Lines fit the terminal, and no word gets lost."""

from hypothesis import given
from hypothesis import strategies as st

from minipaas.report.wrapping import padded, seen_width, wrapped


def test_words_go_to_the_next_line_with_a_hanging_indent() -> None:
    assert wrapped("one two three four", 12, first=4, hang=2) == ["one two", "  three four"]


def test_columns_inside_a_line_are_kept() -> None:
    assert wrapped("a    b", 20) == ["a    b"]


def test_a_word_wider_than_the_line_is_cut() -> None:
    assert wrapped("xxxxxxxxxxxx", 6, first=2, hang=1) == ["xxxx", " xxxxx", " xxx"]


def test_wide_letters_count_twice() -> None:
    assert seen_width("书店") == 4
    assert wrapped("书店书店", 4) == ["书店", "书店"]
    assert padded("书", 4) == "书  "


def test_an_empty_text_is_one_empty_line() -> None:
    assert wrapped("", 10) == [""]


@given(st.text(st.sampled_from("ab 书e\u0301")), st.integers(10, 40), st.integers(0, 8), st.integers(0, 8))
def test_no_line_is_too_wide_and_no_letter_is_lost(text: str, width: int, first: int, hang: int) -> None:
    lines = wrapped(text, width, first=first, hang=hang)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert first + seen_width(lines[0]) <= width
    assert all(seen_width(line) <= width and line.startswith(" " * hang) for line in lines[1:])
