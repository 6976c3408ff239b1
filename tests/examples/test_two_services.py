"""Two apps that know each other by URL alone."""

import json

import pytest
import yaml

from tests.examples.conftest import Start
from tests.examples.harness import EXAMPLES, Visitor
from tests.examples.html import Page

pytestmark = pytest.mark.slow

SECRET = {"SECRET_KEY": "k" * 32}


def test_the_web_app_is_told_of_the_quotes() -> None:
    apps = yaml.safe_load((EXAMPLES / "two-services" / "minipaas.yml").read_text())["apps"]
    assert apps["web"]["uses"] == ["quotes"]
    assert all((EXAMPLES / "two-services" / app["path"] / "Procfile").exists() for app in apps.values())


def test_quotes_come_from_the_other_app(start: Start, visitor: Visitor) -> None:
    quotes = start("two-services/quotes")
    web = start("two-services/web", **SECRET, QUOTES_URL=quotes.url("/"))
    page = visitor.get(web.url("/?topic=time"))
    assert Page(page.body).faults == []
    for quote in json.loads(visitor.get(quotes.url("/quotes?topic=time")).body):
        assert quote["text"] in page.body
    assert "path=/quotes?topic=time" in quotes.log()


def test_favourites_outlive_both_apps(start: Start, visitor: Visitor) -> None:
    quotes = start("two-services/quotes")
    web = start("two-services/web", **SECRET, QUOTES_URL=quotes.url())
    page = visitor.post(web.url("/favourites"), number=3, why="zq017<mk")
    assert Page(page.body).faults == []
    assert quotes.stop() == 0
    assert web.stop() == 0
    again = start("two-services/web", **SECRET, QUOTES_URL=start("two-services/quotes").url())
    assert "zq017&lt;mk" in visitor.get(again.url("/favourites")).body
    assert "zq017" not in visitor.post(again.url("/favourites/remove"), number=1).body


@pytest.mark.parametrize("form", [{}, {"number": "zq"}, {"number": 99}])
def test_a_quote_that_is_not_there_cannot_be_kept(start: Start, visitor: Visitor, form: dict[str, object]) -> None:
    web = start("two-services/web", **SECRET, QUOTES_URL=start("two-services/quotes").url())
    assert visitor.post(web.url("/favourites"), **form).status == 404


def test_without_the_other_app_the_page_says_so_and_recovers(start: Start, visitor: Visitor) -> None:
    quotes = start("two-services/quotes")
    web = start("two-services/web", **SECRET, QUOTES_URL=quotes.url())
    quotes.stop()
    gone = visitor.get(web.url())
    assert (gone.status, Page(gone.body).faults) == (503, [])
    other = start("two-services/quotes")
    web_again = start("two-services/web", **SECRET, QUOTES_URL=other.url())
    assert visitor.get(web_again.url()).status == 200


@pytest.mark.parametrize("path", ["/", "/topics", "/quotes", "/quotes/1", "/quotes?topic=zq"])
def test_the_quotes_service_answers_in_json(start: Start, visitor: Visitor, path: str) -> None:
    json.loads(visitor.get(start("two-services/quotes").url(path)).body)
