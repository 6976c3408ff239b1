"""What a page's scripts say of live connections: event streams and WebSockets, and what is sent over these. Pure.

There is no browser: scripts are read for the few words of the web's own interface, whatever framework wrote them.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

#: Where the marker stands in a message.
HOLE = "zq-hole"
_SOURCE = re.compile(r"new\s+(EventSource|WebSocket)\s*\(")
_LITERAL = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'|`([^`]*)`")
#: All of a template before the path: scheme and host.
_HOST = re.compile(r"^(?:wss?|https?)?:?/*(?:\$\{[^}]*\}|[\w.:-])*?\$\{[^}]*host[^}]*\}|^(?:wss?|https?)://[^/]*")
_SEND = re.compile(r"\.send\s*\(")
_PAIR = re.compile(r"""(?:["']?(\w+)["']?\s*:\s*(?:(["'])(.*?)\2|([^,{}]+))|(\w+))\s*(?:,|$)""")
_SCRIPT = re.compile(r"<script[^>]+src\s*=\s*[\"']?([^\"'>\s]+)", re.IGNORECASE)
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Source:
    """A path that a page connects to."""

    path: str
    socket: bool


def sources_in(script: str, page: str) -> tuple[Source, ...]:
    """What a script on the page of that path connects to, likeliest first."""
    found: list[Source] = []
    for match in _SOURCE.finditer(script):
        inside = _arguments(script, match.end())
        paths = list(_paths(inside, page)) or list(_paths(" ".join(_rooted(script)), page))
        found += [Source(path, match[1] == "WebSocket") for path in paths]
    return tuple(dict.fromkeys(found))


def _paths(text: str, page: str) -> Iterator[str]:
    beside = "location.href" in text or "pathname" in text
    for literal in _literals(text):
        path = _HOST.sub("", literal).partition("#")[0]
        if "${" in path or not re.search(r"\w", path) or ("/" not in path and re.fullmatch(r"\w+:?", literal)):
            continue
        if beside and path.startswith("/"):
            yield f"{page.partition('?')[0].rstrip('/')}{path}"
        yield urljoin(page, path)


def _rooted(script: str) -> Iterator[str]:
    """Literals that are paths, for a script that keeps its address in a variable."""
    yield from (
        f'"{each}"' for each in _literals(script) if re.match(r"(?:wss?:|\$\{|/\w)", each) and "<" not in each
    )


def _literals(text: str) -> Iterator[str]:
    for match in _LITERAL.finditer(text):
        yield next(each for each in match.groups() if each is not None)


def _arguments(text: str, start: int) -> str:
    """Up to the closing parenthesis."""
    depth = 1
    for at, sign in enumerate(text[start : start + _LONGEST], start):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return text[start:at]
    return text[start : start + _LONGEST]


def messages_in(script: str) -> tuple[str, ...]:
    """What it sends over a socket, with `HOLE` where a user's words go; plain words where it does not say."""
    found = [message for match in _SEND.finditer(script) if (message := _message(_arguments(script, match.end())))]
    return tuple(dict.fromkeys(found)) or (HOLE, json.dumps({"text": HOLE}), json.dumps({"message": HOLE}))


def _message(argument: str) -> str | None:
    inside = re.search(r"JSON\.stringify\s*\(\s*\{(.*)\}", argument, re.DOTALL)
    if inside is None:
        return None if _LITERAL.fullmatch(argument.strip()) or not argument.strip() else HOLE
    body: dict[str, object] = {}
    for name, _, text, code, short in _PAIR.findall(" ".join(inside[1].split())):
        body[name or short] = _value(code.strip()) if code else text if name and not short else HOLE
    return json.dumps(body) if HOLE in map(str, body.values()) else None


def _value(code: str) -> object:
    """A number, true, false and null as they are; everything else is what a user wrote."""
    try:
        return json.loads(code)
    except ValueError:
        return HOLE


def script_files(page: str, html: str) -> tuple[str, ...]:
    """Paths of the scripts that a page of that path loads from its own app."""
    urls = [urljoin(page, src) for src in _SCRIPT.findall(html)]
    return tuple(dict.fromkeys(url for url in urls if not urlsplit(url).netloc))
