"""A HAR 1.2 file, as browsers and recorders write it: strict about what is used, silent about all else.

A file of a stranger, often of many megabytes on one line: a complaint names the place (`log.entries[3].request.url`).
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from minipaas.errors import FileProblem
from minipaas.model.har import Har, HarEntry
from minipaas.parse.har_body import answer_text, form_fields, post_text
from minipaas.parse.wording import quoted

#: A day of browsing with all bodies; more is not a recording of one app's use.
MAX_BYTES = 64 * 1024 * 1024
MAX_ENTRIES = 20_000
MAX_URL_CHARACTERS = 8 * 1024
_KINDS: Mapping[type, str] = {dict: "a map", list: "a list", str: "text", int: "a whole number"}
_HINT = "save it anew: in the browser's network panel, `Save all as HAR`; or `minipaas up --record FILE`"


def parse_har(data: bytes, path: str) -> Har:
    """The requests of a file, in the order in which they were made.

    Raises:
        FileProblem: too large, not JSON, not a HAR, or a value of the wrong kind.
    """
    if len(data) > MAX_BYTES:
        raise FileProblem(path, None, f"is larger than {MAX_BYTES // 1024 // 1024} MiB", "record less at a time")
    root = _Node(path, "", _loaded(data, path))
    entries = root.at("log", dict).at("entries", list)
    if len(entries.value) > MAX_ENTRIES:
        raise entries.problem(
            f"holds {len(entries.value)} entries, and {MAX_ENTRIES} is the most", "record less at a time"
        )
    left_out: dict[str, int] = {}
    read: list[tuple[float, HarEntry]] = []
    last = float("-inf")
    for number, node in enumerate(entries.items()):
        entry = _entry(number, node)
        if isinstance(entry, str):
            left_out[entry] = left_out.get(entry, 0) + 1
            continue
        last = _started(node.value.get("startedDateTime")) or last
        read.append((last, entry))
    if not read:
        raise FileProblem(path, None, "holds no HTTP request", _HINT)
    read.sort(key=lambda pair: pair[0])
    return Har(tuple(entry for _, entry in read), left_out)


def _loaded(data: bytes, path: str) -> Any:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileProblem(path, None, f"is not UTF-8 at byte {error.start}", _HINT) from error
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        said = error.msg[:1].lower() + error.msg[1:]
        where = f"not JSON at column {error.colno}: {said}"
        raise FileProblem(path, error.lineno, where, _HINT) from error
    except (ValueError, RecursionError) as error:
        # A number of five thousand digits; brackets in brackets in brackets.
        said = "nested too deeply" if isinstance(error, RecursionError) else str(error).lower()
        raise FileProblem(path, None, f"not JSON that can be read: {said}") from error


class _Node:
    """A value and its place; `at` and `text` go on from there, or say what is wrong."""

    __slots__ = ("_path", "name", "value")

    def __init__(self, path: str, name: str, value: Any) -> None:
        self._path = path
        self.name = name
        self.value = value

    def problem(self, message: str, hint: str | None = None) -> FileProblem:
        where = quoted(self.name) if self.name else "the file"
        return FileProblem(self._path, None, f"{where} {message}", hint)

    def at(self, key: str, kind: type) -> "_Node":
        """What has to be there."""
        inner = self.maybe(key, kind)
        if inner is None:
            raise self.problem(f"has no {quoted(key)}", _HINT)
        return inner

    def maybe(self, key: str, kind: type) -> "_Node | None":
        """What may be there, but not as something else."""
        if not isinstance(self.value, dict):
            raise self.problem("must be a map")
        value = self.value.get(key)
        if value is None:
            return None
        inner = _Node(self._path, f"{self.name}.{key}" if self.name else key, value)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise inner.problem(f"must be {_KINDS[kind]}")
        return inner

    def text(self, key: str) -> str:
        """A text that may be left out; what no program can be given is written otherwise."""
        inner = self.maybe(key, str)
        return sound_text(inner.value) if inner is not None else ""

    def items(self) -> Iterator["_Node"]:
        for number, value in enumerate(self.value):
            yield _Node(self._path, f"{self.name}[{number}]", value)


def sound_text(text: str) -> str:
    """Without lone surrogates, which no encoding takes."""
    return text.encode("utf-8", "replace").decode()


def _entry(number: int, node: _Node) -> HarEntry | str:
    """The entry; or why it is none of ours."""
    request = node.at("request", dict)
    url = _url(request)
    if not url:
        return "no http"
    method = request.at("method", str)
    if not method.value.isascii() or not method.value.isalpha():
        raise method.problem(f"is no method: {quoted(method.value)}")
    response = node.maybe("response", dict)
    post = request.maybe("postData", dict)
    content = response.maybe("content", dict) if response else None
    kind = post.text("mimeType") if post else ""
    text = post_text(post.text("text"), post.text("_encoding")) if post else ""
    status = response.maybe("status", int) if response else None
    return HarEntry(
        at=number,
        method=method.value.upper(),
        url=url,
        headers=_headers(request),
        kind=kind,
        text=text,
        fields=form_fields(kind, text, _params(post)) if post else (),
        status=status.value if status is not None and 100 <= status.value <= 599 else 0,
        answer_headers=_headers(response) if response else (),
        answer_kind=content.text("mimeType") if content else "",
        answer=answer_text(content.text("mimeType"), content.text("text"), content.text("encoding"))
        if content
        else "",
        location=response.text("redirectURL") if response else "",
        app=node.text("_app"),
    )


def _url(request: _Node) -> str:
    """The URL without its fragment; empty for one that is no HTTP."""
    node = request.at("url", str)
    url = sound_text(node.value).partition("#")[0]
    if not url.lower().startswith(("http://", "https://")):
        return ""
    if len(url) > MAX_URL_CHARACTERS:
        raise node.problem(f"is longer than {MAX_URL_CHARACTERS} characters")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises for one that is no number
    except ValueError as error:
        raise node.problem(f"is no URL: {quoted(url)}") from error
    if not parts.hostname or any(char <= " " or char == "\x7f" for char in url):
        raise node.problem(f"is no URL: {quoted(url)}")
    return url


def _headers(node: _Node) -> tuple[tuple[str, str], ...]:
    headers = node.maybe("headers", list)
    if headers is None:
        return ()
    return tuple((each.text("name"), each.text("value")) for each in headers.items())


def _params(post: _Node | None) -> list[tuple[str, str, str | None, str]]:
    params = post.maybe("params", list) if post else None
    if params is None:
        return []
    return [
        (each.text("name"), each.text("value"), each.text("fileName") or None, each.text("contentType"))
        for each in params.items()
    ]


def _started(value: object) -> float | None:
    """Seconds since the epoch; None for what is no time, which leaves the entry where it stands in the file."""
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
