"""The report as a page: whole in one file, well-formed whatever apps print, and nothing of theirs is markup."""

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings

from minipaas.model.verdict import Report
from minipaas.report.as_html import as_html
from tests.report.golden import assert_golden
from tests.report.samples import FILES as FILES_FINDING
from tests.report.samples import (
    FOREIGN,
    GUESTBOOK,
    MEMORY,
    REPORTS,
    SHOP,
    app,
    broken,
    busy_timeline,
    report,
    verdicts,
)
from tests.report.strangers import reports

_SVG = {"circle", "g", "line", "path", "rect", "svg", "text", "title"}


def page(told: Report) -> Element:
    """The page is well-formed enough for a parser that forgives nothing."""
    text = as_html(told)
    text.encode()
    return ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>\n"))


def texts(element: Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def by_class(element: Element, word: str) -> list[Element]:
    return [each for each in element.iter() if word in (each.get("class") or "").split()]


@pytest.mark.parametrize("name", ["files", "never-up", "strange", "untimed"])
def test_it_is_as_it_was(name: str) -> None:
    text = re.sub(r"(?s)<(style|script)>.*?</\1>", r"<\1>...</\1>", as_html(REPORTS[name]))
    text = re.sub(r"sha256-[A-Za-z0-9+/=]+", "sha256-...", text)
    assert_golden(f"{name}.html", text.replace("><", ">\n<"))


@pytest.mark.parametrize("name", REPORTS)
def test_it_is_well_formed_and_needs_nothing_else(name: str) -> None:
    root = page(REPORTS[name])
    assert len(list(root.iter("script"))) == 1
    assert not [each for each in root.iter() if each.tag in ("link", "img", "iframe", "object", "base", "form")]
    for each in root.iter():
        assert not [key for key in each.attrib if key.startswith("on") or key in ("src", "style")]
        assert each.get("href", "#").startswith(("#", "https://"))


def test_its_policy_allows_its_own_script_and_style_and_no_other() -> None:
    root = page(REPORTS["files"])
    policy = next(each.get("content", "") for each in root.iter("meta") if each.get("http-equiv"))
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for name in ("script", "style"):
        held = next(root.iter(name)).text or ""
        digest = b64encode(sha256(held.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy


def test_the_page_asks_nobody_else_for_anything() -> None:
    root = page(REPORTS["several"])
    style = next(root.iter("style")).text or ""
    assert "url(" not in style
    assert "@import" not in style


def test_every_headline_and_picture_can_be_read_aloud() -> None:
    root = page(report(GUESTBOOK, SHOP))
    headings = [int(each.tag[1]) for each in root.iter() if re.fullmatch(r"h[1-6]", each.tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    named = {each.get("aria-labelledby") for each in root.iter() if each.get("aria-labelledby")}
    assert named <= set(ids)
    for svg in root.iter("svg"):
        assert svg.get("role") == "img"
        assert svg.get("aria-label")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("files", "guestbook breaks rule one"),
        ("kept", "clean keeps the rules"),
        ("inconclusive", "Too little was seen of orders to tell"),
        ("several", "5 of 9 apps break a rule"),
        ("nothing", "No app was judged"),
    ],
)
def test_the_heading_is_the_verdict(name: str, sentence: str) -> None:
    assert texts(next(page(REPORTS[name]).iter("h1"))) == sentence


def test_a_card_tells_the_story_shows_the_picture_and_the_way_out() -> None:
    (card,) = by_class(page(REPORTS["files"]), "card")
    told = texts(card)
    assert "restart of web.1 with a fresh disk" in told
    assert "What to change keep entries in Postgres" in told
    assert "A dyno's disk lasts as long as the dyno." in told
    assert "minipaas chaos examples/guestbook --seed 7 --only one/3" in told
    (picture,) = card.iter("svg")
    assert len(by_class(picture, "loss")) == 1
    assert texts(by_class(card, "lost")[0]).endswith("zq017mk is missing")


def test_a_trial_that_no_finding_names_is_drawn_below() -> None:
    root = page(report(app("shop", verdicts(one=broken(FILES_FINDING)), timeline=busy_timeline())))
    assert [texts(each).split(" ")[0] for each in root.iter("summary")].count("calm") == 1
    assert len(list(root.iter("svg"))) == 3


def test_a_timeline_that_names_no_trial_is_nobodys_picture() -> None:
    unnamed = tuple(replace(event, trial="") for event in GUESTBOOK.timeline)
    root = page(report(app("shop", verdicts(one=broken(MEMORY, replace(FILES_FINDING, trial=""))), timeline=unnamed)))
    assert not [svg for card in by_class(root, "card") for svg in card.iter("svg")]
    assert "Timeline" in [texts(each) for each in root.iter("h3")]


def test_two_apps_of_one_name_and_one_finding_under_two_rules_have_ids_of_their_own() -> None:
    twice = app("shop", verdicts(one=broken(FILES_FINDING), two=broken(FILES_FINDING)))
    ids = [each.get("id") for each in page(report(twice, twice)).iter() if each.get("id")]
    assert len(ids) == len(set(ids))


def test_a_picture_is_drawn_once_though_two_findings_name_it() -> None:
    other = broken(FILES_FINDING, *(broken(FILES_FINDING).findings))
    root = page(report(app("shop", verdicts(one=other, two=other), timeline=GUESTBOOK.timeline)))
    assert len(list(root.iter("svg"))) == 1


def test_a_page_of_thousands_of_requests_stays_small() -> None:
    told = report(app("shop", verdicts(), timeline=busy_timeline(30_000)))
    assert len(as_html(told)) < 1_500_000


def test_foreign_letters_are_as_they_were() -> None:
    assert FOREIGN in texts(page(REPORTS["strange"]))


@settings(max_examples=60, deadline=None)
@given(reports)
def test_any_text_leaves_the_page_well_formed_and_without_strange_elements(strange: Report) -> None:
    root = page(strange)
    assert len(list(root.iter("script"))) == 1
    for svg in root.iter("svg"):
        assert {each.tag for each in svg.iter()} <= _SVG
    assert not list(root.iter("b")) or all((each.text or "").strip() for each in root.iter("b"))
