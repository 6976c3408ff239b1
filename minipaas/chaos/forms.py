"""What a form is for, and what a user types into it. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from minipaas.chaos.markers import PASSWORD, Marker, number_marker, picture, text_marker
from minipaas.chaos.page import Field, Form
from minipaas.chaos.plan import Entry

_REGISTER = re.compile(r"regist|sign.?up|join|create.{0,10}account|enrol", re.IGNORECASE)
_LOGIN = re.compile(r"log.?in|sign.?in|authenticat|\bsession", re.IGNORECASE)
_LOGOUT = re.compile(r"log.?out|sign.?out|log.?off", re.IGNORECASE)
_DESTROY = re.compile(
    r"delet|remov|destroy|\bclear|\breset|cancel|\bempty|unsubscrib|discard|revoke|\bdrop\b", re.IGNORECASE
)
_NUMBERS = re.compile(
    r"amount|price|qty|quantit|\bage\b|year|count|number|\bnum|rating|score|stock|cost|total", re.IGNORECASE
)
_NAME = re.compile(r"user|login|nick|handle|account|\bname\b", re.IGNORECASE)
_FILES = {".csv": "text/csv", ".json": "application/json", ".txt": "text/plain", "text/": "text/plain"}


class Purpose(StrEnum):
    """In the order in which forms are sent."""

    REGISTER = "register"
    LOGIN = "login"
    WRITE = "write"
    SEARCH = "search"
    DESTROY = "destroy"
    LOGOUT = "logout"


def purpose(form: Form) -> Purpose:
    """What the form is for, by its words and fields."""
    words = f"{form.caption} {form.action} {form.button[1] if form.button else ''}"
    passwords = sum(field.kind == "password" for field in form.visible)
    if _LOGOUT.search(words):
        return Purpose.LOGOUT
    if passwords >= 2 or (passwords and _REGISTER.search(words)):
        return Purpose.REGISTER
    if passwords or (_LOGIN.search(words) and form.method == "POST" and form.visible):
        return Purpose.LOGIN
    if form.method == "GET":
        return Purpose.SEARCH
    if form.method == "DELETE" or _DESTROY.search(words):
        return Purpose.DESTROY
    return Purpose.REGISTER if _REGISTER.search(words) and form.visible else Purpose.WRITE


def is_risky_link(text: str, url: str) -> bool:
    """A link that would end the session or take things away when followed."""
    path = url.partition("://")[2].partition("/")[2]
    return any(rule.search(text) or rule.search(path) for rule in (_LOGOUT, _DESTROY))


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a client is for the app; the name is a marker, so that seeing it again shows the session lives."""

    name: Marker

    @property
    def email(self) -> str:
        """A mail address of nobody."""
        return f"{self.name.token}@example.com"


def entries(form: Form, serial: int, identity: Identity, *, numeric: bool = False) -> tuple[Entry, ...]:
    """One entry for each field a user fills.

    Args:
        serial: a number never used before in this plan; up to ten more after it are used.
        numeric: fill texts with numbers, for a second try where words were refused.
    """
    known = purpose(form) in (Purpose.REGISTER, Purpose.LOGIN)
    seen: set[str] = set()
    filled = []
    for offset, field in enumerate(form.visible):
        if field.name in seen and field.kind in ("radio", "checkbox"):
            continue
        seen.add(field.name)
        filled.append(_entry(form, field, serial + offset, identity if known else None, numeric=numeric))
    return tuple(filled)


def _entry(form: Form, field: Field, serial: int, identity: Identity | None, *, numeric: bool) -> Entry:
    if field.kind == "password":
        return Entry(field.name, PASSWORD)
    if field.kind == "file":
        return _file(field, text_marker(serial))
    if field.kind in ("select", "radio", "checkbox"):
        return Entry(field.name, _choice(form, field))
    if identity is not None and (named := _known(field, identity)):
        return named
    fixed = _fixed(field, serial)
    if fixed is not None:
        return fixed
    if field.kind in ("number", "range") or numeric or _asks_number(field):
        return _number(field, serial)
    return _text(field, serial)


def _known(field: Field, identity: Identity) -> Entry | None:
    words = f"{field.name} {field.label}"
    if field.kind == "email" or re.search(r"e-?mail", words, re.IGNORECASE):
        return Entry(field.name, identity.email, identity.name)
    if field.kind in ("text", "textarea", "search") and (_NAME.search(words) or field.kind == "text"):
        return Entry(field.name, identity.name.token, identity.name)
    return None


def _fixed(field: Field, serial: int) -> Entry | None:
    marker = text_marker(serial)
    typed = {
        "email": Entry(field.name, f"{marker.token}@example.com", marker),
        "url": Entry(field.name, f"https://example.com/{marker.token}", marker),
        "date": Entry(field.name, f"20{31 + serial % 9}-03-17"),
        "datetime-local": Entry(field.name, f"20{31 + serial % 9}-03-17T10:15"),
        "month": Entry(field.name, f"20{31 + serial % 9}-03"),
        "week": Entry(field.name, f"20{31 + serial % 9}-W11"),
        "time": Entry(field.name, f"1{serial % 10}:15"),
        "color": Entry(field.name, f"#2a6f{serial % 90 + 10}"),
        "tel": Entry(field.name, f"55501{serial:05d}", Marker(f"55501{serial:05d}")),
    }
    if field.kind in typed:
        return typed[field.kind]
    if re.search(r"e-?mail", f"{field.name} {field.label}", re.IGNORECASE):
        return typed["email"]
    return None


def _asks_number(field: Field) -> bool:
    return bool(_NUMBERS.search(field.name)) or bool(re.fullmatch(r"[\\\[\]0-9d+*{},.-]+", field.pattern or "x"))


def _number(field: Field, serial: int) -> Entry:
    low = int(float(field.minimum)) if _is_number(field.minimum) else 0
    high = int(float(field.maximum)) if _is_number(field.maximum) else 99_999
    marker = number_marker(serial, low, high)
    if marker:
        return Entry(field.name, marker.token, marker)
    return Entry(field.name, str(low + 1 + serial % 3 if low + 3 <= high else high))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _text(field: Field, serial: int) -> Entry:
    marker = text_marker(serial)
    value = marker.token
    while len(value) < field.min_length:
        value += f" {marker.token}"
    if field.max_length and len(value) > field.max_length:
        value = value[: field.max_length]
    return Entry(field.name, value, marker if marker.token in value else None)


def _choice(form: Form, field: Field) -> str:
    if field.kind == "checkbox":
        return field.value
    if field.kind == "radio":
        values = [each.value for each in form.fields if each.name == field.name]
        return values[-1]
    others = [option for option in field.options if option and option != field.value]
    return others[-1] if others else field.value


def _file(field: Field, marker: Marker) -> Entry:
    accept = field.pattern or field.label
    for ending, kind in _FILES.items():
        if ending in accept.lower():
            content = f"name,value\n{marker.token},1\n".encode()
            return Entry(
                field.name,
                marker=marker,
                file=(f"{marker.token}{ending if '.' in ending else '.txt'}", kind, content),
            )
    return Entry(field.name, marker=marker, file=(f"{marker.token}.png", "image/png", picture(marker)))


def credentials(serial: int) -> Identity:
    """An identity nobody has had before in this plan."""
    return Identity(text_marker(serial))


def serials(start: int) -> Iterator[int]:
    """Numbers for forms, far enough apart for all their fields."""
    while True:
        yield start
        start += 11
