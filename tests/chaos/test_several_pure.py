"""Several apps: who uses whom, and what came by. Pure tables."""

import pytest

from minipaas.chaos.markers import text_marker
from minipaas.chaos.reach import Passed, reach
from minipaas.chaos.relations import entrances, families, fronts_of, levels, needed

SHOP = {"web": ("cart", "mail"), "cart": ("db",), "mail": (), "db": (), "blog": ()}
RING = {"a": ("b",), "b": ("a",), "c": ("c",)}


@pytest.mark.parametrize(
    ("app", "found"), [("web", ("web", "cart", "mail", "db")), ("cart", ("cart", "db")), ("blog", ("blog",))]
)
def test_an_app_needs_what_it_uses_at_any_remove(app: str, found: tuple[str, ...]) -> None:
    assert needed(app, SHOP) == found


def test_apps_that_use_each_other_need_each_other_once() -> None:
    assert needed("a", RING) == ("a", "b")
    assert needed("c", RING) == ("c",)


def test_what_is_used_starts_before_who_uses_it() -> None:
    assert levels(needed("web", SHOP), SHOP) == (("mail", "db"), ("cart",), ("web",))
    assert levels(("a", "b"), RING) == (("a", "b"),)


@pytest.mark.parametrize(
    ("app", "found"), [("db", ("web", "db")), ("web", ("web",)), ("blog", ("blog",)), ("mail", ("web", "mail"))]
)
def test_users_come_in_by_the_fronts_that_lead_to_an_app_then_by_its_own_pages(
    app: str, found: tuple[str, ...]
) -> None:
    assert entrances(app, SHOP) == found


def test_in_a_ring_each_is_the_others_entrance() -> None:
    assert entrances("a", RING) == ("b", "a")


def test_fronts_are_what_no_other_app_uses() -> None:
    assert fronts_of(SHOP) == ("web", "blog")
    assert fronts_of(RING) == ("c",)


def test_a_family_is_all_that_know_each_other_somehow() -> None:
    assert families(SHOP) == (("web", "cart", "mail", "db"), ("blog",))
    assert families({"x": ("z",), "y": ("z",), "z": ()}) == (("x", "y", "z"),)


MARK, OTHER = text_marker(11), text_marker(12)


def passed(method: str, path: str, asked: str = "", answered: str = "", app: str = "notes") -> Passed:
    return Passed(app=app, method=method, path=path, status=200, asked=asked.encode(), answered=answered.encode())


@pytest.mark.parametrize(
    ("requests", "is_read_back"),
    [
        ([], False),
        ([passed("GET", "/items", answered=MARK.token)], False),
        ([passed("POST", "/items", MARK.token), passed("GET", "/items", answered=MARK.token)], True),
        ([passed("PUT", f"/items/{MARK.token}"), passed("GET", "/items", answered=MARK.token)], True),
        # An echo of what is just being sent says nothing of what is kept.
        ([passed("POST", "/items", MARK.token, MARK.token)], False),
        ([passed("POST", "/items", MARK.token), passed("GET", "/items", answered=OTHER.token)], False),
        ([passed("POST", "/items", MARK.token), passed("GET", "/", answered=MARK.token, app="web")], False),
        # Told to write what nobody typed: a counter. Whether it lasts is seen on the page.
        ([passed("POST", "/hits")], True),
        ([passed("GET", "/hits")], False),
    ],
)
def test_what_was_given_to_an_app_is_read_back_if_a_later_answer_of_its_own_holds_it(
    requests: list[Passed], is_read_back: bool
) -> None:
    assert reach("notes", requests, (MARK, OTHER)).is_read_back is is_read_back


def test_routes_are_those_that_answered() -> None:
    came = reach("notes", [passed("GET", "/items/17"), passed("POST", "/items")], ())
    assert came.routes == {"GET /items/*", "POST /items"}
    assert (came.requests, came.writes) == (2, 1)
