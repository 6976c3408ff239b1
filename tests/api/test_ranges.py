"""Lists by the `Range` header, as Heroku's clients page and sort them."""

import pytest

from minipaas.api.ranges import page

RELEASES = [{"version": number, "name": chr(96 + number)} for number in range(1, 13)]


@pytest.mark.parametrize(
    ("header", "versions", "status", "following"),
    [
        (None, list(range(1, 13)), 200, None),
        ("nonsense", list(range(1, 13)), 200, None),
        ("nosuchfield ..; max=2", list(range(1, 13)), 200, None),
        ("version ..; max=3, order=desc", [12, 11, 10], 206, "version ]10..; max=3, order=desc"),
        ("version ..; order=desc,max=1", [12], 206, "version ]12..; max=1, order=desc"),
        ("version ]10..; max=3, order=desc", [9, 8, 7], 206, "version ]7..; max=3, order=desc"),
        ("version ]3..; max=200, order=desc", [2, 1], 200, None),
        ("version 10..", [10, 11, 12], 200, None),
        ("version 3..5; max=10", [3, 4, 5], 200, None),
        ("version ..; max=2", [1, 2], 206, "version ]2..; max=2"),
        ("name ..; max=2; order=desc", [12, 11], 206, "name ]k..; max=2, order=desc"),
        ("version ]12..; max=5", [], 200, None),
    ],
)
def test_a_page(header: str | None, versions: list[int], status: int, following: str | None) -> None:
    found = page(RELEASES, header, "version")
    assert [each["version"] for each in found.items] == versions
    assert (found.status, found.headers.get("Next-Range")) == (status, following)


def test_pages_follow_each_other_to_the_end_without_a_gap() -> None:
    seen, header = [], "version ..; max=5, order=desc"
    while header:
        found = page(RELEASES, header)
        seen += [each["version"] for each in found.items]
        header = found.headers.get("Next-Range", "")
    assert seen == list(range(12, 0, -1))


def test_an_empty_list_has_one_empty_page() -> None:
    assert page([], "version ..; max=5").items == []
