"""Recorded calls of an API made again: ids and tokens come from the answers of now, by where they stood then."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from minipaas.chaos.forms import is_risky_link
from minipaas.chaos.history import Exchange
from minipaas.chaos.markers import Marker, picture, text_marker
from minipaas.chaos.notebook import Notebook, accepted, why
from minipaas.chaos.page import url_pattern
from minipaas.chaos.picks import GOT, field_holding, picked
from minipaas.chaos.plan import SAFE, Call
from minipaas.chaos.play import Outcome
from minipaas.chaos.recording import Act
from minipaas.chaos.typed import Typed, Uniqueness, leaves, unique_json
from minipaas.model.har import HarField
from minipaas.model.scenario import Pick, PickKind

#: Headers of a script's own; a browser sets all others by itself.
_KEPT = re.compile(
    r"accept|content-type|authorization|x-requested-with|hx-.*|x-.*(csrf|xsrf|token|key).*|csrf-token", re.IGNORECASE
)
#: A page that is asked for by its user comes without these.
_SCRIPTS = ("x-requested-with", "authorization", "hx-request")
#: A value as short as this may stand in an answer by chance: only under a name of an id it is one.
_SHORT = 6
#: What proves that a page of the app's own sends; reading needs none.
_FORGERY = re.compile(r"csrf|xsrf", re.IGNORECASE)
_SECRET = re.compile(r"csrf|xsrf|token|authenticity|nonce", re.IGNORECASE)
_ID = re.compile(r"(^|.*\.)(_?id|.*_id|.*Id|uuid|key|slug|code|token)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Source:
    """An answer values can be taken from: the step, what it said then, what it says now."""

    step: int
    then: Any
    place: str
    now: Exchange


class Caller:
    """Makes the calls; `reads` are those that only look, for another look later.

    Args:
        recorded: the recorded HTML of a path; empty where there is none.
    """

    def __init__(self, book: Notebook, typed: Typed, recorded: Callable[[str], str]) -> None:
        self.reads: list[Call] = []
        self._book = book
        self._typed = typed
        self._recorded = recorded
        self._sources: list[Source] = []
        #: Recorded secrets, and `{name}` of what was handed out in their place just now.
        self._fresh: dict[str, str] = {}

    def is_call(self, act: Act) -> bool:
        """Whether a script asked, and no page."""
        return "json" in act.answer_kind or any(act.header(name) for name in _SCRIPTS)

    async def look(self, act: Act) -> Outcome | None:
        """Ask for the same now; None when it is refused."""
        step = self._step(act, Uniqueness.NONE)
        outcome = await self._do(act, step)
        if outcome is not None:
            step = self._last()
            self.reads = [*(each for each in self.reads if each != step), step]
        return outcome

    async def send(self, act: Act) -> Outcome | None:
        """Send the same now, with unique values if the app takes them; None when it is refused."""
        await self._fresh_secrets(act)
        for unique in Uniqueness:
            news: dict[str, tuple[str, Marker]] = {}
            step = self._step(act, unique, news)
            outcome = await self._do(act, step, quiet=unique is not Uniqueness.NONE)
            if outcome is not None:
                self._typed.learn(news)
                return outcome
        return None

    async def _do(self, act: Act, step: Call, *, quiet: bool = False) -> Outcome | None:
        outcome = await self._book.do(step)
        if not accepted(outcome) or outcome.exchange is None:
            self._book.drop()
            if not quiet:
                self._book.missed.append(f"{act.name}: refused with {why(outcome)}")
            return None
        location = next((value for name, value in act.answer_headers if name.lower() == "location"), "")
        self._sources.append(Source(len(self._book.steps) - 1, _json(act.answer), location, outcome.exchange))
        return outcome

    def _last(self) -> Call:
        step = self._book.steps[-1]
        assert isinstance(step, Call)
        return step

    # The request.

    def _step(self, act: Act, unique: Uniqueness, news: dict[str, tuple[str, Marker]] | None = None) -> Call:
        news = {} if news is None else news
        step = Call(
            client=self._book.client,
            method=act.method,
            path=self._path(act.path),
            headers=dict(self._headers(act)),
            pattern=url_pattern(act.path),
            destructive=act.method == "DELETE" or (act.method not in SAFE and is_risky_link("", f"x://{act.path}")),
            session=act.method not in SAFE and re.search(r"\bpassw|\"passw|pwd", act.text, re.IGNORECASE) is not None,
        )
        if act.method not in SAFE:
            step = self._with_body(act, step, unique, news)
        new = tuple(marker for _, marker in news.values())
        old = tuple(each for each in self._typed.mentioned(f"{act.path} {act.text}") if each not in new)
        return replace(step, markers=new, near=old)

    def _with_body(self, act: Act, step: Call, unique: Uniqueness, news: dict[str, tuple[str, Marker]]) -> Call:
        if act.fields:
            return self._with_form(act, step, unique, news)
        sent = _json(act.text)
        if sent is None:
            return replace(step, text=self._typed.put(act.text)) if act.text else step
        body, made = unique_json(self._with_ids(sent), lambda: next(self._book.serials), self._typed, unique)
        news |= made
        return replace(step, body=body)

    def _with_form(self, act: Act, step: Call, unique: Uniqueness, news: dict[str, tuple[str, Marker]]) -> Call:
        texts = {each.name: each.value for each in act.fields if each.file is None}
        body, made = unique_json(self._with_ids(texts), lambda: next(self._book.serials), self._typed, unique)
        news |= made
        files = tuple((each.name, self._file(each, news)) for each in act.fields if each.file)
        return replace(step, form=True, body=body or None, files=files)

    def _file(self, sent: HarField, news: dict[str, tuple[str, Marker]]) -> tuple[str, bytes, str]:
        marker = text_marker(next(self._book.serials))
        news[f"file {sent.file}"] = marker.token, marker
        if sent.type.startswith("image/"):
            return f"{marker.token}.png", picture(marker), "image/png"
        return sent.file or "", f"{self._typed.put(sent.value)}\n{marker.token}\n".encode(), sent.type or "text/plain"

    def _path(self, path: str) -> str:
        """With ids of now; and unique values where they were in the query."""
        whole = self._captured(path, (PickKind.HEADER,))
        if whole is not None:
            return whole
        plain, _, query = path.partition("?")
        parts = [part if "*" not in url_pattern(f"/{part}") else self._id(part) for part in plain.split("/")]
        return f"{'/'.join(parts)}{f'?{self._typed.put(query)}' if query else ''}"

    def _id(self, part: str) -> str:
        found = self._captured(part, (PickKind.JSON,))
        return found if found is not None else self._typed.whole(part)

    def _with_ids(self, value: Any, key: str = "") -> Any:
        """JSON with ids and secrets that an earlier answer gave taken from the answer of now."""
        if isinstance(value, Mapping):
            return {name: self._with_ids(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [self._with_ids(each, key) for each in value]
        named = _ID.fullmatch(key) or _SECRET.search(key)
        if isinstance(value, bool) or not isinstance(value, str | int) or not named:
            return value
        found = self._fresh.get(str(value)) or self._captured(str(value), (PickKind.JSON,))
        return found if found is not None else value

    def _headers(self, act: Act) -> Iterator[tuple[str, str]]:
        for name, value in act.headers:
            if not _KEPT.fullmatch(name) or not value.isprintable() or not value.isascii():
                continue
            if act.method in SAFE and _FORGERY.search(name):
                continue
            if name.lower() == "content-type" and (act.fields or _json(act.text) is not None):
                continue
            if name.lower() == "accept" and "html" in value:
                continue
            if _SECRET.search(name) or (name.lower() == "authorization" and not value.lower().startswith("basic ")):
                kind, _, secret = value.rpartition(" ")
                fresh = self._fresh.get(secret) or self._captured(secret, (PickKind.JSON,))
                if fresh is not None:
                    yield name, f"{kind} {fresh}".strip()
                continue
            yield name, value

    # Values of now.

    async def _fresh_secrets(self, act: Act) -> None:
        """Look at the page the act was done on once more, for tokens that a script would take from it."""
        self._fresh = {}
        wanted = dict(self._secrets(act))
        if not wanted:
            return
        names = {f"{GOT}{len(self._book.steps)}_{at}": secret for at, secret in enumerate(wanted)}
        captures = {name: wanted[secret] for name, secret in names.items()}
        path = self._path(act.referer or "/")
        outcome = await self._book.do(Call(client=self._book.client, method="GET", path=path, captures=captures))
        if not accepted(outcome):
            self._book.drop()
            return
        self._fresh = {secret: f"{{{name}}}" for name, secret in names.items() if self._book.player.has(name)}

    def _secrets(self, act: Act) -> Iterator[tuple[str, Pick]]:
        """Tokens of a request, and where one like it is to be had: a cookie, a field or a meta tag of the page."""
        named = [(name, value) for name, value in act.headers if _KEPT.fullmatch(name) and _SECRET.search(name)]
        named += [(each.name, each.value) for each in act.fields if _SECRET.search(each.name)]
        for name, secret in named:
            cookie = next((key for key, value in _cookies(act) if value == secret), None)
            if cookie is not None:
                yield secret, Pick(PickKind.COOKIE, cookie)
            elif self._captured(secret, (PickKind.JSON,)) is None:
                held = field_holding(self._recorded(act.referer), secret)
                yield (
                    secret,
                    Pick(PickKind.FIELD, held or (name if not name.lower().startswith("x-") else "csrf-token")),
                )

    def _captured(self, value: str, kinds: tuple[PickKind, ...]) -> str | None:
        """`{name}` of the value that stands now where this one stood then, in the newest answer that has it."""
        for number in range(len(self._sources) - 1, -1, -1):
            source = self._sources[number]
            for pick in _where(source, value, kinds):
                now = picked(pick, [source.now])
                if now is not None:
                    return f"{{{self._capture(source.step, pick, now)}}}"
        return None

    def _capture(self, index: int, pick: Pick, now: Any) -> str:
        """The name under which a step captures it, from now on if it did not before."""
        step = self._book.steps[index]
        assert isinstance(step, Call)
        name = next((name for name, known in step.captures.items() if known == pick), None)
        if name is None:
            name = f"{GOT}{index}_{len(step.captures)}"
            self._book.steps[index] = replace(step, captures={**step.captures, name: pick})
            self._book.player.keep(name, now)
        return name


def _where(source: Source, value: str, kinds: tuple[PickKind, ...]) -> Iterator[Pick]:
    if PickKind.HEADER in kinds and source.place and source.place.endswith(value) and len(value) > 1:
        yield Pick(PickKind.HEADER, "location")
    if PickKind.JSON in kinds:
        found = [path for path, each in leaves(source.then) if str(each) == value]
        found = [path for path in found if len(value) > _SHORT or _ID.fullmatch(path)]
        yield from (Pick(PickKind.JSON, path) for path in sorted(found, key=lambda path: not _ID.fullmatch(path)))


def _cookies(act: Act) -> Iterator[tuple[str, str]]:
    """Cookies the request was sent with, as a script reads them."""
    for pair in act.header("cookie").split(";"):
        name, _, value = pair.strip().partition("=")
        yield name, value
        yield name, unquote(value)


def _json(text: str) -> Any:
    """JSON that is a map or a list; None for all else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None
