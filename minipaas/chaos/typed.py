"""What a recorded user typed, and the unique values typed in its place. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from minipaas.chaos.forms import Purpose, credentials, entries, purpose
from minipaas.chaos.markers import Marker, number_marker, text_marker
from minipaas.chaos.page import Field, Form, Page, read_page, url_pattern
from minipaas.chaos.plan import Entry
from minipaas.chaos.recording import Act

_CHOSEN = ("select", "radio", "checkbox")
_PASSWORD = re.compile(r"passw|passphrase|pwd|secret", re.IGNORECASE)
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
#: What is no text of a user's own: dates, truth values, codes of a few letters, paths, hashes.
_NO_TEXT = re.compile(
    r"|true|false|null|\d{4}-\d\d-\d\d.*|[A-Z]{1,4}|[a-z]{2}(-[A-Z]{2})?|/.*|[0-9a-f]{16,}|[0-9a-f-]{36}|#[0-9a-f]{3,8}"
)


@dataclass(slots=True)
class Typed:
    """What stands for what: the recorded text, and what is typed in its place with the marker in it."""

    known: dict[str, tuple[str, Marker]] = field(default_factory=dict)

    def put(self, text: str) -> str:
        """A text with every recorded value in it replaced; the longest first."""
        for old in sorted(self.known, key=len, reverse=True):
            if len(old) > 2 and old in text:
                text = text.replace(old, self.known[old][0])
        return text

    def whole(self, text: str) -> str:
        """The same, for a value as a whole."""
        return self.known[text][0] if text in self.known else text

    def mentioned(self, text: str) -> tuple[Marker, ...]:
        """The markers of what a recorded text holds, the newest last."""
        return tuple(marker for old, (_, marker) in self.known.items() if len(old) > 2 and old in text)

    def learn(self, news: "dict[str, tuple[str, Marker]]") -> None:
        """Newest last, also of what was typed before."""
        for old, new in news.items():
            self.known.pop(old, None)
            self.known[old] = new


@dataclass(frozen=True, slots=True)
class Filling:
    """What goes into a form, and what of it is new."""

    entries: tuple[Entry, ...]
    news: dict[str, tuple[str, Marker]]


def find_form(act: Act, pages: Sequence[Page]) -> tuple[int, Form] | None:
    """The form that an act sent: which page it stands on, and the form.

    Args:
        pages: as they are now, the likeliest first.
    """
    names = {each.name for each in act.fields}
    best: tuple[int, int, Form] | None = None
    for number, page in enumerate(pages):
        for form in page.forms:
            if form.method != act.method or url_pattern(form.action) != url_pattern(act.path):
                continue
            shared = len(names & {each.name for each in form.fields})
            if (shared or not names) and (best is None or shared > best[0]):
                best = (shared, number, form)
    return (best[1], best[2]) if best else None


def picks(act: Act, form: Form, page: Page) -> tuple[tuple[str, str], ...]:
    """The hidden fields by which the form that was sent differs from others like it on the page."""
    alike = [each for each in page.forms if each.key == form.key]
    if len(alike) < 2:
        return ()
    sent = {(each.name, each.value) for each in act.fields}
    hidden = [{(each.name, each.value) for each in one.fields if each.kind == "hidden"} for one in alike]
    shared = set.intersection(*hidden)
    return tuple(sorted(next((own & sent - shared for own in hidden if own & sent - shared), set())))


def beside(act: Act, form: Form, referred: str, typed: Typed) -> tuple[Marker, ...]:
    """The marker of what stood beside the recorded form, if it was one of several.

    Args:
        referred: the recorded page the form stood on; empty where the recording does not hold it.
    """
    if not referred:
        return ()
    sent = {(each.name, each.value) for each in act.fields}
    forms = [each for each in read_page(f"http://x{act.referer or '/'}", referred).forms if each.key == form.key]
    aimed = [each for each in forms if each.action.endswith(act.path)]
    fitting = [each for each in aimed if {(f.name, f.value) for f in each.fields if f.kind == "hidden"} <= sent]
    if len(forms) < 2 or len(fitting) != 1:
        return ()
    return typed.mentioned(f"{fitting[0].near} {fitting[0].action}")[-1:]


def filling(act: Act, form: Form, typed: Typed, serial: int, *, unique: bool) -> Filling:
    """The recorded values; what was typed freely becomes unique, if `unique`.

    Args:
        serial: as for `forms.entries`.
    """
    known = purpose(form)
    identity = credentials(serial)
    words, numbers = (
        {each.name: each for each in entries(form, serial, identity, numeric=numeric)} for numeric in (False, True)
    )
    filled: list[Entry] = []
    news: dict[str, tuple[str, Marker]] = {}
    for each in form.visible:
        value = next((one for one in act.fields if one.name == each.name), None)
        if value is None or any(done.name == each.name for done in filled):
            continue
        made = (numbers if value.value.isdecimal() else words).get(each.name)
        if each.kind == "file":
            if value.file and made:
                filled.append(made)
        elif each.kind in _CHOSEN:
            filled.append(Entry(each.name, _offered(each, form, value.value)))
        elif not _untouched(each, value.value, typed):
            entry = _entry(each, value.value, made, news, typed, known, unique=unique)
            filled.append(entry)
            if entry.marker and entry.value != value.value:
                news[value.value] = (entry.value, entry.marker)
    return Filling(tuple(filled), news)


def _entry(
    field: Field,
    value: str,
    made: Entry | None,
    news: dict[str, tuple[str, Marker]],
    typed: Typed,
    wanted: Purpose,
    *,
    unique: bool,
) -> Entry:
    """One typed value; what was typed before is typed again by who proves who they are, or searches."""
    before = news.get(value) or (typed.known.get(value) if wanted is not Purpose.WRITE else None)
    if before is not None:
        return Entry(field.name, *before)
    free = unique and value and field.kind != "password" and wanted not in (Purpose.LOGIN, Purpose.SEARCH)
    return made if free and made is not None and made.marker is not None else Entry(field.name, typed.whole(value))


def _untouched(field: Field, value: str, typed: Typed) -> bool:
    """Whether the user left what stood there."""
    return field.kind != "password" and (value == field.value or typed.whole(value) == field.value)


def _offered(field: Field, form: Form, value: str) -> str:
    """What was chosen, or the nearest to it that is offered now."""
    if field.kind == "radio":
        offers: Sequence[str] = [each.value for each in form.fields if each.name == field.name]
    else:
        offers = field.options if field.kind == "select" else (value,)
    return value if value in offers or not offers else next((each for each in offers if each), value)


class Uniqueness(StrEnum):
    """How many of the free texts in JSON become unique: an app takes some texts only as it knows them."""

    ALL = "all"
    LONGEST = "longest"
    NONE = "none"


def unique_json(
    value: Any, serials: Callable[[], int], typed: Typed, wanted: Uniqueness
) -> tuple[Any, dict[str, tuple[str, Marker]]]:
    """JSON with free texts in it made unique; what was typed before, or is no text, stays."""
    free = {text for key, text in _keyed(value) if text not in typed.known and _is_free(key, text)}
    if wanted is Uniqueness.LONGEST and free:
        free = {max(sorted(free), key=lambda text: (" " in text, len(text)))}
    chosen = sorted(free) if wanted is not Uniqueness.NONE else ()
    news = {text: _instead(text, serials()) for text in chosen}

    def walk(key: str, inner: Any) -> Any:
        if isinstance(inner, dict):
            return {name: walk(name, each) for name, each in inner.items()}
        if isinstance(inner, list):
            return [walk(key, each) for each in inner]
        if isinstance(inner, str):
            return news[inner][0] if inner in news and _is_free(key, inner) else typed.whole(inner)
        return inner

    return walk("", value), news


def _is_free(key: str, text: str) -> bool:
    return not _PASSWORD.search(key) and not _NO_TEXT.fullmatch(text) and not text.startswith("{got_")


def _keyed(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text with the key it stands under."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _keyed(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _keyed(inner, key)
    elif isinstance(value, str):
        yield key, value


def _instead(text: str, serial: int) -> tuple[str, Marker]:
    marker = text_marker(serial)
    if text.isdecimal():
        number = number_marker(serial)
        return (number.token, number) if number else (text, Marker(text))
    if _MAIL.fullmatch(text):
        return f"{marker.token}@example.com", marker
    if text.startswith(("http://", "https://")):
        return f"https://example.com/{marker.token}", marker
    return marker.token, marker


def leaves(value: Any, trail: str = "") -> Iterator[tuple[str, Any]]:
    """Every text and number in JSON, with its dotted path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{trail}{key}.")
    elif isinstance(value, list):
        for number, inner in enumerate(value[:100]):
            yield from leaves(inner, f"{trail}{number}.")
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield trail.removesuffix("."), value
