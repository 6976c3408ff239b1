"""What an example keeps, and where: seen from outside, after a restart and with a second dyno."""

import pytest

from tests.examples.conftest import Start
from tests.examples.harness import App, Visitor, fresh_copy

pytestmark = pytest.mark.slow

SECRET = {"SECRET_KEY": "k" * 32}
MARK = "zq017mk"
WRITES = {
    "clean": ("/notes", {"text": MARK}, "/"),
    "clean-node": ("/cart", {"code": "assam", "count": 1, "note": MARK}, "/cart"),
    "shop": ("/cart", {"code": "assam", "count": 1, "note": MARK}, "/cart"),
    "stubborn": ("/tasks", {"task": MARK, "when": "today"}, "/"),
    "guestbook": ("/entries", {"name": MARK, "message": "hello"}, "/"),
    "chess": ("/player", {"name": MARK}, "/"),
}


def write(app: App, visitor: Visitor) -> None:
    path, form, _ = WRITES[app.folder.name]
    assert MARK in visitor.post(app.url(path), **form).body


def sees(app: App, visitor: Visitor) -> bool:
    return MARK in visitor.get(app.url(WRITES[app.folder.name][2])).body


@pytest.mark.parametrize("name", ["clean", "clean-node", "stubborn", "chess"])
def test_what_travels_in_a_cookie_outlives_the_dyno_and_its_disk(start: Start, visitor: Visitor, name: str) -> None:
    first = start(name, **SECRET)
    write(first, visitor)
    first.kill()
    assert sees(start(name, **SECRET), visitor)


@pytest.mark.parametrize("name", ["clean", "clean-node", "stubborn"])
def test_two_dynos_are_as_good_as_one(start: Start, visitor: Visitor, name: str) -> None:
    one, other = start(name, **SECRET), start(name, **SECRET)
    write(one, visitor)
    assert sees(other, visitor)
    assert sees(one, visitor)


@pytest.mark.parametrize("name", ["clean", "clean-node", "stubborn"])
def test_a_cookie_signed_with_another_key_counts_for_nothing(start: Start, visitor: Visitor, name: str) -> None:
    write(start(name, **SECRET), visitor)
    assert not sees(start(name, SECRET_KEY="another"), visitor)


@pytest.mark.parametrize("name", ["clean", "clean-node", "stubborn", "chess", "shop"])
def test_nothing_is_written_to_the_disk(start: Start, visitor: Visitor, name: str) -> None:
    app = start(name, **SECRET, THINK_SECONDS="0.05")
    before = {path for path in app.folder.rglob("*") if "__pycache__" not in path.parts}
    write(app, visitor)
    assert {path for path in app.folder.rglob("*") if "__pycache__" not in path.parts} == before


def test_the_guestbook_keeps_its_entries_on_its_own_disk_only(start: Start, visitor: Visitor) -> None:
    app = start("guestbook")
    write(app, visitor)
    app.stop()
    assert sees(app.start(), visitor), "same disk"
    app.stop()
    fresh_copy("guestbook", app.folder)
    assert not sees(app.start(), visitor), "fresh disk"


def test_the_guestbook_of_another_dyno_is_another_book(start: Start, visitor: Visitor) -> None:
    one, other = start("guestbook"), start("guestbook")
    write(one, visitor)
    assert not sees(other, visitor)


def test_the_shop_forgets_the_cart_at_a_restart_though_the_disk_is_kept(start: Start, visitor: Visitor) -> None:
    app = start("shop")
    write(app, visitor)
    assert sees(app, visitor)
    app.stop()
    assert not sees(app.start(), visitor)


def test_the_shop_of_another_dyno_knows_no_such_cart(start: Start, visitor: Visitor) -> None:
    one, other = start("shop"), start("shop")
    write(one, visitor)
    assert not sees(other, visitor)


@pytest.mark.parametrize(
    ("name", "path", "form", "where"),
    [
        ("clean", "/notes", {"text": "ü" * 140}, "/?problem=full"),
        ("clean-node", "/cart", {"code": "assam", "count": 1, "note": "ü" * 80}, "/cart"),
        ("stubborn", "/tasks", {"task": "ü" * 120}, "/?problem=full"),
    ],
)
def test_a_full_cookie_is_said_and_what_is_kept_stays(
    start: Start, visitor: Visitor, name, path, form, where
) -> None:
    app = start(name, **SECRET)
    write(app, visitor)
    answers = [visitor.post(app.url(path), **form) for _ in range(40)]
    assert answers[-1].path.endswith(where)
    assert 'role="alert"' in answers[-1].body
    assert sees(app, visitor)


def test_an_order_is_confirmed_and_empties_the_cart(start: Start, visitor: Visitor) -> None:
    for name in ("shop", "clean-node"):
        app = start(name, **SECRET)
        write(app, visitor)
        assert "Ann Order" in visitor.post(app.url("/order"), name="Ann Order").body
        assert not sees(app, visitor)
