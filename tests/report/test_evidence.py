"""Evidence is read as when, who and what."""

import pytest

from minipaas.report.evidence import Moment, moment, moments


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("3.02 s  alice  POST / -> 303", Moment("3.02 s", "alice", "POST / -> 303")),
        ("00:14:03.120  heroku[web.2]  Cycling", Moment("00:14:03.120", "heroku[web.2]", "Cycling")),
        ("+12 ms  a visitor  GET /", Moment("+12 ms", "a visitor", "GET /")),
        ("1.5 s  restart of web.1", Moment("1.5 s", "", "restart of web.1")),
        ("3 requests were lost: H13 ×3", Moment("", "", "3 requests were lost: H13 ×3")),
        ("no time at all", Moment("", "", "no time at all")),
        (
            "2026-11-24T11:39:21.948700+00:00 app[web.1]: hello  there",
            Moment("11:39:21.948", "app[web.1]", "hello  there"),
        ),
        ("heroku[web.1]: restart after submit", Moment("", "heroku[web.1]", "restart after submit")),
        ("", Moment("", "", "")),
    ],
)
def test_a_line_is_read_as_columns_where_it_has_them(line: str, told: Moment) -> None:
    assert moment(line) == told


def test_a_whole_page_logged_as_one_line_is_clipped() -> None:
    assert len(moments(["x" * 100_000])[0].what) < 700
