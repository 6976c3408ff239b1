"""What comes and goes on a calm dyno."""

import pytest

from minipaas.chaos.history import History
from minipaas.chaos.plan import Plan
from minipaas.chaos.unsteady import unsteady
from tests.chaos.histories import ONE, history, plan, send, visit

PLAN = plan(visit(), send("/add", ONE), *[visit()] * 4, visit("/random"), visit("/random"), visit("/random"))


def calm(looks: str, others: str = "...") -> History:
    """Looks at `/` and then at `/random`, each with the entry (`x`) or without."""
    pages = [("GET /", sign) for sign in looks] + [("GET /random", sign) for sign in others]
    told = [(step, asked, ["zq001aa"] if sign == "x" else ["Things"]) for step, (asked, sign) in enumerate(pages, 2)]
    return history((0, "GET /", ["Things"]), (1, "POST /add", "/"), *told)


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (calm("x.xx"), calm("xxxx"), "POST /add"),
        (calm("xxxx"), calm("xxxx"), None),
        (calm("xx.."), calm("xx.."), None),
        (calm("..xx"), calm(".xxx"), None),
        (calm("xxxx", "x.x"), calm("xxxx", ".x."), None),
        (calm("....", "x.x"), calm("....", ".x."), "POST /add"),
    ],
    ids=[
        "two workers",
        "kept",
        "taken away",
        "made later",
        "drawn from what a list shows",
        "drawn, shown nowhere else",
    ],
)
def test_what_two_workers_hold_comes_and_goes(one: History, other: History, found: str | None) -> None:
    assert unsteady(PLAN, [one, other]) == found


def test_what_a_write_takes_and_a_write_brings_back_is_steady() -> None:
    the_plan: Plan = plan(visit(), send("/add", ONE), visit(), send("/hide"), visit(), send("/show"), visit())
    told = history(
        (0, "GET /", []), (1, "POST /add", "/"), (2, "GET /", ["zq001aa"]), (3, "POST /hide", "/"), (4, "GET /", []),
        (5, "POST /show", "/"), (6, "GET /", ["zq001aa"]),
    )  # fmt: skip
    assert unsteady(the_plan, [told, told]) is None


def test_two_pictures_with_a_page_each_are_no_picture_that_comes_and_goes() -> None:
    the_plan: Plan = plan(visit(), send("/add", ONE), *[visit()] * 6)
    looks = [("GET /pictures/11", ["zq001aa"]), ("GET /pictures/12", ["Another"])] * 3
    told = history((0, "GET /", []), (1, "POST /add", "/"), *[(2 + n, *look) for n, look in enumerate(looks)])
    assert unsteady(the_plan, [told, told]) is None
