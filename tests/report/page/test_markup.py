"""HTML that escapes by construction."""

from minipaas.report.page.markup import Html, joined, prose, tag


def test_text_is_escaped_and_markup_is_not() -> None:
    assert tag("p", "<b>", tag("b", "&")) == "<p>&lt;b&gt;<b>&amp;</b></p>"
    assert isinstance(tag("p"), Html)


def test_attributes_are_escaped_and_those_without_value_left_out() -> None:
    assert tag("a", "x", href='"><script>', class_="y", aria_label=None) == (
        '<a href="&quot;&gt;&lt;script&gt;" class="y">x</a>'
    )
    assert tag("circle", cx=1.50001, cy=2, r=3.0) == '<circle cx="1.5" cy="2" r="3"/>'


def test_what_stands_between_backticks_is_code() -> None:
    assert prose("run `<a>` now") == "run <code>&lt;a&gt;</code> now"
    assert prose("a ` alone <") == "a ` alone &lt;"


def test_nothing_is_nothing() -> None:
    assert joined(None, "") == ""
