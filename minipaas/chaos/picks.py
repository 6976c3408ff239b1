"""Values taken out of answers, and answers held against what the author of a scenario expects. Pure."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from minipaas.chaos.history import Exchange, Unmet
from minipaas.chaos.markers import Marker, is_text_marker
from minipaas.model.scenario import Expect, Pick, PickKind

#: Names of captured values in a plan begin so: a text of the user's own never holds `{got_id}` by chance.
GOT = "got_"


def said_name(name: str) -> str:
    """The name as its author wrote it."""
    return name.removeprefix(GOT)


def picked(pick: Pick, exchanges: Sequence[Exchange], cookie: str | None = None) -> Any:
    """The value in a step's last answer; None where it has none.

    A header may stand in an earlier answer, one that led on.

    Args:
        exchanges: of one step, in order.
        cookie: what the browser holds under the name the pick gives.
    """
    if pick.kind is PickKind.COOKIE:
        return cookie
    if not exchanges:
        return None
    if pick.kind is PickKind.HEADER:
        return next(_headers(exchanges, pick.where.lower()), None)
    body = exchanges[-1].body
    if pick.kind is PickKind.JSON:
        return dig(body, pick.where)
    text = body.decode(errors="replace")
    if pick.kind is PickKind.REGEX:
        found = re.search(pick.where, text)
        return found and (found[1] if found.re.groups else found[0])
    if pick.kind is PickKind.FIELD:
        return _field(LexborHTMLParser(text), pick.where)
    return _selected(LexborHTMLParser(text), pick)


def dig(body: bytes, path: str) -> Any:
    """A value inside JSON by a dotted path; None where there is none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _headers(exchanges: Sequence[Exchange], name: str) -> Iterator[str]:
    for exchange in reversed(exchanges):
        yield from (value for key, value in exchange.headers if key.lower() == name)


def _selected(tree: LexborHTMLParser, pick: Pick) -> str | None:
    node = tree.css_first(pick.where)
    if node is None:
        return None
    return node.attributes.get(pick.attribute) if pick.attribute else " ".join(node.text(separator=" ").split())


def _field(tree: LexborHTMLParser, name: str) -> str | None:
    """What a form would send under that name; or the content of a meta tag, where scripts look for tokens."""
    for node in tree.css("input, textarea, select, button, meta"):
        if node.attributes.get("name") == name:
            return _content(node)
    return None


def field_holding(html: str, value: str) -> str:
    """The name of the field or meta tag that holds a value; empty where none does."""
    if not value or value not in html:
        return ""
    nodes = LexborHTMLParser(html).css("input[name], meta[name]")
    return next((node.attributes.get("name") or "" for node in nodes if _content(node) == value), "")


def _content(node: LexborNode) -> str:
    if node.tag == "meta":
        return node.attributes.get("content") or ""
    if node.tag == "textarea":
        return node.text() or ""
    if node.tag == "select":
        chosen = node.css_first("option[selected]") or node.css_first("option")
        return (chosen.attributes.get("value") or chosen.text(strip=True)) if chosen else ""
    return node.attributes.get("value") or ""


def first_unmet(expect: Expect, exchanges: Sequence[Exchange]) -> Unmet | None:
    """The first thing expected that a step's answers did not give; nothing is said where no answer came."""
    if not exchanges or any(each.status == 0 for each in exchanges):
        return None
    first, last = exchanges[0], exchanges[-1]
    if expect.status not in (None, first.status):
        return Unmet(first.at, f"status {expect.status}", f"status {first.status}")
    for text in expect.shown:
        if not shown(text, last):
            return Unmet(last.at, f"`{text}`", "not in the answer")
    for text in expect.not_contains:
        if _seen(text, last):
            return Unmet(last.at, f"no `{text}`", "it is in the answer")
    return None


def shown(text: str, exchange: Exchange) -> bool:
    """Whether the answer holds the text, as it is sent or as a person reads it."""
    if text.isdecimal() or is_text_marker(text):
        return exchange.shows(Marker(text))
    return text.encode() in exchange.body or _seen(text, exchange)


def _seen(text: str, exchange: Exchange) -> bool:
    """Whether a person reads it: on a page that is less than what stands in its HTML."""
    lines = exchange.lines if exchange.html else (exchange.body.decode(errors="replace"),)
    return " ".join(text.split()) in " ".join(lines) or text in "\n".join(lines)
