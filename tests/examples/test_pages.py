"""Every page of every example is valid, needs nothing from outside, and leads on."""

import pytest

from tests.examples.conftest import Start
from tests.examples.harness import Visitor
from tests.examples.html import Page

pytestmark = pytest.mark.slow

SECRET = {"SECRET_KEY": "k" * 32}


@pytest.mark.parametrize(
    ("name", "config", "write", "form", "pages"),
    [
        ("clean", SECRET, "/notes", {"text": "zq<&\"'"}, ["/"]),
        ("clean-node", SECRET, "/cart", {"code": "assam", "count": 2, "note": "zq<&\"'"}, ["/", "/cart", "/order"]),
        ("shop", {}, "/cart", {"code": "assam", "count": 2, "note": "zq<&\"'"}, ["/", "/cart", "/order"]),
        ("guestbook", {}, "/entries", {"name": "zq<&\"'", "message": "zq<&\"'"}, ["/", "/entries/1"]),
        ("stubborn", SECRET, "/tasks", {"task": "zq<&\"'", "when": "today"}, ["/"]),
        ("stubborn-node", {}, None, {}, ["/", "/?text=zq%3C%26%22"]),
        ("slow-boot", {"BOOT_SECONDS": "0"}, None, {}, ["/", "/?q=time", "/?q=zq%3C%26%22"]),
        ("chess", {"THINK_SECONDS": "0.05"}, "/player", {"name": "zq<&\"'"}, ["/", "/?game=e2e4-e7e5"]),
    ],
)
def test_pages_are_valid_and_escape_what_was_typed(start: Start, visitor: Visitor, name, config, write, form, pages):
    app = start(name, **config)
    if write:
        assert visitor.post(app.url(write), **form).status == 200
    for path in pages:
        answer = visitor.get(app.url(path))
        page = Page(answer.body)
        assert (path, answer.status, page.faults) == (path, 200, [])
        assert "zq<" not in answer.body
        assert page.forms or page.links
        for link in page.links:
            assert (link, visitor.get(app.url(link)).status) == (link, 200)
    missing = visitor.get(app.url("/no/such/page"))
    assert (missing.status, Page(missing.body).faults) == (404, [])


@pytest.mark.parametrize(
    ("name", "config", "path", "form", "status"),
    [
        ("guestbook", {}, "/entries", {"name": " ", "message": ""}, 422),
        ("shop", {}, "/cart", {"code": "coffee"}, 422),
        ("shop", {}, "/order", {"name": "Ann"}, 409),
        ("chess", {}, "/move", {"game": "", "move": "zq017mk"}, 422),
        ("chess", {}, "/move", {"game": "zq-017-mk", "move": "e2e4"}, 422),
        ("clean", SECRET, "/notes", {"text": "   "}, 200),
        ("clean", SECRET, "/notes/remove", {"number": "zq"}, 200),
        ("slow-boot", {"BOOT_SECONDS": "0"}, "/", {"q": "x"}, 405),
    ],
)
def test_a_form_filled_in_wrongly_gets_a_page_not_an_error(start, visitor, name, config, path, form, status):
    answer = visitor.post(start(name, **config).url(path), **form)
    assert (answer.status, Page(answer.body).faults) == (status, [])


@pytest.mark.parametrize("name", ["clean", "clean-node", "stubborn"])
def test_without_its_secret_it_says_what_is_missing_and_does_not_start(prepare: Start, name: str) -> None:
    app = prepare(name)
    app.launch()
    assert app.process
    assert app.process.wait(30) == 1
    assert "SECRET_KEY is not set" in app.log()
