"""A page as a user's browser understands it: links, forms, and the lines of text a person would read. Pure."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

#: Elements whose text stands on a line of its own.
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote br button caption dd details div dl dt fieldset figcaption figure footer "
        "form h1 h2 h3 h4 h5 h6 header hr label legend li main nav ol option p pre section summary table tbody td "
        "tfoot th thead title tr ul",
    )
)
_ENTRIES = frozenset(("li", "tr", "article", "section", "dd", "figure", "div", "p"))
#: What is longer is the page, not an entry of it.
_ENTRY_CHARACTERS = 400
#: Methods of a form, and of what is sent by an attribute.
_SENDING = ("post", "put", "patch", "delete")
_BY_ATTRIBUTE = (("HX-Request", "true"),)
_UNSEEN = frozenset(("script", "style", "template", "noscript", "head"))
#: Parts of a URL that name one thing of many: numbers, UUIDs, hashes, our own markers.
_NAMING = re.compile(
    r"(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27,}|(?=[A-Za-z_-]*\d)[0-9A-Za-z_-]{16,}|[0-9a-f]{8,})(?:\.\w{1,5})?"
    r"|[^/]*zq\d{3}[a-z]{2}[^/]*",
    re.IGNORECASE,
)
#: A value that is a path and nothing else.
_TOLD_PATH = re.compile(r"(?:^|: )(/(?!/)[\w./~-]*)$")


@dataclass(frozen=True, slots=True)
class Field:
    """An input of a form. `kind` is its type, `textarea` or `select`; `pattern` of a file is what it accepts."""

    name: str
    kind: str
    value: str
    required: bool = False
    options: tuple[str, ...] = ()
    minimum: str = ""
    maximum: str = ""
    min_length: int = 0
    max_length: int = 0
    pattern: str = ""
    label: str = ""
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form. `action` is an absolute URL; `button` is the submit button pressed, as (name, value) or None.

    `near` is the text of the smallest list item, row or section the form stands in: what tells
    the delete button of one entry from that of another.
    """

    action: str
    method: str
    multipart: bool
    fields: tuple[Field, ...]
    button: tuple[str, str] | None
    caption: str
    near: str
    #: Headers that say who sends it: some apps answer a library's request otherwise than a browser's.
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def visible(self) -> tuple[Field, ...]:
        """Fields a user fills."""
        return tuple(field for field in self.fields if field.kind not in ("hidden", "submit", "button", "image"))

    @property
    def label(self) -> str:
        """For people, and the same for a step that sends it."""
        return f"{self.method} {url_pattern(self.action)}"

    @property
    def key(self) -> str:
        """What makes it the same form on another page or another day."""
        names = ",".join(sorted(field.name for field in self.visible))
        return f"{self.method} {url_pattern(self.action)} [{names}] {self.button[1] if self.button else ''}"


@dataclass(frozen=True, slots=True)
class Link:
    """A link. `url` is absolute; `near` as a form's; `embedded` for images and frames."""

    url: str
    text: str
    near: str
    embedded: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What is on it."""

    url: str
    title: str
    links: tuple[Link, ...]
    forms: tuple[Form, ...]
    lines: tuple[str, ...]


def url_pattern(url: str) -> str:
    """The path of a URL with what names one thing of many replaced by `*`; the query's names without values."""
    parts = urlsplit(url)
    path = "/".join("*" if _NAMING.fullmatch(part) else part for part in parts.path.split("/"))
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&") if pair})
    return (path or "/") + (f"?{'&'.join(names)}" if names else "")


def may_be_drawn(url: str) -> bool:
    """Whether the last part of its path could be a short code that an app drew: no word is spelled so."""
    last = urlsplit(url).path.rpartition("/")[2].strip("+@~!-_")
    return re.fullmatch(r"(?=.*(?:\d|[a-z][A-Z]|[A-Z]{2}.*[a-z]|_))[\w-]{3,15}", last) is not None


def like(url: str, pattern: str) -> bool:
    """Whether a URL differs from a pattern in the last part of its path alone."""
    one, other = url_pattern(url).partition("?")[0], pattern.partition("?")[0]
    return one.rpartition("/")[0] == other.rpartition("/")[0] and one.count("/") == other.count("/")


def without_numbers(text: str) -> str:
    """Text with each number replaced by one sign."""
    return re.sub(r"\d+", "#", text)


def read_page(url: str, body: str) -> Page:
    """Understand HTML; whatever it is, something comes of it."""
    tree = LexborHTMLParser(body)
    base = tree.css_first("base[href]")
    root = urljoin(url, base.attributes.get("href") or "") if base else url
    title = tree.css_first("title")
    return Page(
        url=url,
        title=title.text(strip=True) if title else "",
        links=tuple(_links(tree, root)),
        forms=tuple(_forms(tree, root)),
        lines=tuple(_lines(tree)),
    )


def text_lines(body: str) -> tuple[str, ...]:
    """The lines of a body that is no HTML; of JSON its values with their keys, wherever brackets and commas stand."""
    try:
        return tuple(_values_of(json.loads(body), ""))
    except (ValueError, RecursionError):
        pass
    return tuple(line for raw in re.split(r"[\n,]", body) if (line := " ".join(raw.split())))


def loose_fields(body: str) -> tuple[Field, ...]:
    """All fields of a page, those outside of forms and those with an id alone: what its scripts read."""
    tree = LexborHTMLParser(body)
    return tuple(
        field for node in tree.css("input, textarea, select") if (field := _field(node, tree, loose=True)) is not None
    )


def paths_in(body: str) -> tuple[str, ...]:
    """The paths that JSON tells, as an API's front page does: no more than a client could go to as they stand."""
    try:
        values = _values_of(json.loads(body), "")
        return tuple(dict.fromkeys(found[1] for each in values if (found := _TOLD_PATH.search(each))))
    except (ValueError, RecursionError):
        return ()


def _values_of(value: object, key: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _values_of(each, str(name))
    elif isinstance(value, list):
        for each in value:
            yield from _values_of(each, key)
    else:
        text = " ".join((value if isinstance(value, str) else json.dumps(value)).split())
        yield f"{key}: {text}" if key else text


def _links(tree: LexborHTMLParser, base: str) -> Iterator[Link]:
    for node in tree.css("a[href], area[href]"):
        href = (node.attributes.get("href") or "").strip()
        if href and not href.startswith(("#", "javascript:", "mailto:", "tel:", "data:")):
            yield Link(urljoin(base, href).partition("#")[0], _text(node), _near(node))
    for node in tree.css("[hx-get]:not(form), [data-hx-get]:not(form)"):
        yield Link(urljoin(base, _attribute(node, "get")), _text(node), _near(node))
    for node in tree.css("img[src], iframe[src], audio[src], video[src], source[src], embed[src]"):
        src = (node.attributes.get("src") or "").strip()
        if src and not src.startswith("data:"):
            yield Link(
                urljoin(base, src).partition("#")[0], node.attributes.get("alt") or "", _near(node), embedded=True
            )


def _forms(tree: LexborHTMLParser, base: str) -> Iterator[Form]:
    for number, node in enumerate(tree.css("form")):
        attributes = node.attributes
        own = attributes.get("id")
        outside = tree.css(f'[form="{own}"]') if own and re.fullmatch(r"[\w-]+", own) else []
        controls = [*node.css("input, textarea, select, button"), *outside]
        plain = "post" if (attributes.get("method") or "").lower() == "post" else "get"
        method, action = _target(node) or (plain, attributes.get("action") or "")
        yield Form(
            action=urljoin(base, action.strip() or base),
            method=method.upper(),
            multipart="multipart" in (attributes.get("enctype") or "").lower(),
            fields=(*_fields(controls, tree), *_values(node)),
            button=_button(controls),
            caption=_caption(node, controls) or f"form {number + 1}",
            near=_near(node),
            headers=_BY_ATTRIBUTE if _target(node) else (),
        )
    yield from _buttons(tree, base)


def _buttons(tree: LexborHTMLParser, base: str) -> Iterator[Form]:
    """What sends something by an attribute of its own, and brings the fields of the form around it."""
    for node in tree.css(", ".join(f"[hx-{verb}]:not(form), [data-hx-{verb}]:not(form)" for verb in _SENDING)):
        target, around = _target(node), _around(node)
        if target is not None:
            controls = around.css("input, textarea, select") if around is not None else [node]
            yield Form(
                action=urljoin(base, target[1].strip() or base),
                method=target[0].upper(),
                multipart=False,
                fields=(*_fields(controls, tree), *_values(node)),
                button=None,
                caption=_text(node) or node.attributes.get("aria-label") or target[0],
                near=_near(node),
                headers=_BY_ATTRIBUTE,
            )


def _fields(controls: Sequence[LexborNode], tree: LexborHTMLParser) -> Iterator[Field]:
    for control in controls:
        field = _field(control, tree)
        if field is not None:
            yield field


def _attribute(node: LexborNode, name: str) -> str:
    """htmx reads both spellings."""
    return node.attributes.get(f"hx-{name}") or node.attributes.get(f"data-hx-{name}") or ""


def _target(node: LexborNode) -> tuple[str, str] | None:
    """Method and address that attributes of htmx give; None where there are none."""
    found = {verb: _attribute(node, verb) for verb in (*_SENDING, "get")}
    return next(((verb, address) for verb, address in found.items() if address), None)


def _values(node: LexborNode) -> Iterator[Field]:
    """What is sent beside the fields."""
    try:
        values = json.loads(_attribute(node, "vals") or "{}")
    except ValueError:
        return
    for name, value in values.items() if isinstance(values, dict) else ():
        yield Field(str(name), "hidden", value if isinstance(value, str) else json.dumps(value))


def _around(node: LexborNode) -> LexborNode | None:
    parent = node.parent
    while parent is not None and parent.tag != "form":
        parent = parent.parent
    return parent


def _field(node: LexborNode, tree: LexborHTMLParser, *, loose: bool = False) -> Field | None:
    attributes = node.attributes
    name = attributes.get("name") or (attributes.get("id") if loose else None)
    kind = (attributes.get("type") or "text").lower() if node.tag == "input" else node.tag
    if not name or kind in ("button", "submit", "reset", "image") or "disabled" in attributes:
        return None
    return Field(
        name=name,
        kind=kind or "text",
        value=_value(node),
        required="required" in attributes,
        options=tuple(_option(option) for option in node.css("option")) if node.tag == "select" else (),
        minimum=attributes.get("min") or "",
        maximum=attributes.get("max") or "",
        min_length=_number(attributes.get("minlength")),
        max_length=_number(attributes.get("maxlength")),
        pattern=attributes.get("accept" if kind == "file" else "pattern") or "",
        label=_label(node, tree),
        checked="checked" in attributes,
    )


def _value(node: LexborNode) -> str:
    if node.tag == "textarea":
        return node.text() or ""
    if node.tag == "select":
        chosen = node.css_first("option[selected]") or node.css_first("option")
        return _option(chosen) if chosen else ""
    return node.attributes.get("value") or ("on" if node.attributes.get("type") in ("checkbox", "radio") else "")


def _option(node: LexborNode) -> str:
    value = node.attributes.get("value")
    return node.text(strip=True) if value is None else value


def _button(controls: list[LexborNode]) -> tuple[str, str] | None:
    for node in controls:
        kind = (node.attributes.get("type") or ("submit" if node.tag == "button" else "")).lower()
        if kind == "submit" and node.attributes.get("name"):
            return str(node.attributes["name"]), node.attributes.get("value") or ""
    return None


def _caption(form: LexborNode, controls: list[LexborNode]) -> str:
    for node in controls:
        kind = (node.attributes.get("type") or ("submit" if node.tag == "button" else "")).lower()
        if kind == "submit":
            return _text(node) or node.attributes.get("value") or ""
    return form.attributes.get("aria-label") or ""


def _label(node: LexborNode, tree: LexborHTMLParser) -> str:
    attributes = node.attributes
    own = attributes.get("id")
    if own and re.fullmatch(r"[\w-]+", own) and (label := tree.css_first(f'label[for="{own}"]')):
        return _text(label)
    parent = node.parent
    if parent is not None and parent.tag == "label":
        return _text(parent)
    return attributes.get("placeholder") or attributes.get("aria-label") or ""


def _near(node: LexborNode) -> str:
    """The text of the smallest thing around it that holds more than itself: an entry of a list, a card, a row."""
    own, parent = _text(node), node.parent
    while parent is not None and parent.tag not in ("body", "main", "html"):
        if parent.tag in _ENTRIES:
            text = _text(parent)
            if len(text) > _ENTRY_CHARACTERS:
                return ""
            if len(text) > len(own):
                return text
        parent = parent.parent
    return ""


def _text(node: LexborNode) -> str:
    return " ".join((node.text(separator=" ") or "").split())


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _lines(tree: LexborHTMLParser) -> Iterator[str]:
    """What a person reads, block by block; what stands in fields too."""
    words: list[str] = []
    body = tree.body
    if body is None:
        return
    for node in body.traverse(include_text=True):
        tag = node.tag
        if tag in _BLOCKS and words:
            yield " ".join(" ".join(words).split())
            words = []
        if tag == "-text":
            if not _inside_unseen(node):
                words.append(node.text(deep=False) or "")
        elif tag == "input" and (node.attributes.get("type") or "text") in ("text", "number", "email"):
            words.append(node.attributes.get("value") or "")
    if words:
        yield " ".join(" ".join(words).split())


def _inside_unseen(node: LexborNode) -> bool:
    parent = node.parent
    return parent is not None and parent.tag in _UNSEEN
