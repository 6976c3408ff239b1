"""A recording read as what its user did: pages looked at and things sent, without all that a browser does by itself.

Pure. Other origins, static files, preflights and what failed are left out; redirects belong to what led to them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import SplitResult, urljoin, urlsplit

from minipaas.model.har import Har, HarEntry, HarField

#: What a browser does as its user's doings; more is a load test, and a plan of it takes hours.
MOST_ACTS = 120
_STATIC = (".css", ".js", ".mjs", ".map", ".ico", ".svg", ".woff", ".woff2", ".ttf", ".webmanifest", ".png", ".jpg")
_STATIC_KINDS = ("image/", "font/", "audio/", "video/", "text/css", "text/javascript", "application/javascript")
_REDIRECTS = (301, 302, 303, 307, 308)


class NothingHere(Exception):
    """The recording has nothing of this app; the message says what it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing a user did. Paths are with their query and without a host.

    `referer` is the page it was done on, empty where the recording does not say. `landing` is where redirects ended,
    with the page found there in `landed`; both empty when there were none.
    """

    method: str
    path: str
    referer: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = ""
    text: str = ""
    fields: tuple[HarField, ...] = ()
    answer_kind: str = ""
    answer: str = ""
    answer_headers: tuple[tuple[str, str], ...] = ()
    landing: str = ""
    landed: str = ""

    def header(self, name: str) -> str:
        """A header of the request; empty where it has none."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.method} {self.path.partition('?')[0]}"


@dataclass(frozen=True, slots=True)
class Recording:
    """What was done, and what of the file is no part of it, for people."""

    acts: tuple[Act, ...]
    left_out: tuple[str, ...] = field(default=())


def read_recording(har: Har, app: str) -> Recording:
    """What a user did with the app.

    Raises:
        NothingHere: no request in the file is one to this app.
    """
    mine = _of_app(har.entries, app)
    acts = list(_acts(mine))
    if not acts:
        raise NothingHere("no page of the app was looked at in it, and nothing was sent to it")
    left_out = list(_left_out(har, mine))
    if len(acts) > MOST_ACTS:
        left_out.append(f"all after the first {MOST_ACTS} requests")
    return Recording(tuple(acts[:MOST_ACTS]), tuple(left_out))


def _of_app(entries: Sequence[HarEntry], app: str) -> list[HarEntry]:
    """By the app's name where the recording has names, else by the origin of the first page."""
    names = list(dict.fromkeys(entry.app for entry in entries if entry.app))
    if app in names or len(names) == 1:
        return [entry for entry in entries if entry.app == (app if app in names else names[0])]
    if names:
        raise NothingHere(f"it has nothing of {app}, but of {', '.join(names[:8])}")
    pages = [entry for entry in entries if 200 <= entry.status < 400 and _is_html(entry.answer_kind)]
    first = _origin((pages or [*entries])[0].url) if entries else ""
    return [entry for entry in entries if _origin(entry.url) == first]


def _origin(url: str) -> str:
    parts = _parts(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _left_out(har: Har, mine: Sequence[HarEntry]) -> Iterator[str]:
    kept = {entry.at for entry in mine}
    others = [_parts(entry.url).netloc for entry in har.entries if entry.at not in kept]
    if others:
        yield f"requests to {', '.join(dict.fromkeys(others[:40]))}"[:160]


def _acts(entries: Sequence[HarEntry]) -> Iterator[Act]:
    """Each with the redirects that followed it."""
    current: Act | None = None
    target = ""
    for entry in entries:
        if entry.status == 0 or entry.method in ("OPTIONS", "HEAD", "CONNECT", "TRACE") or _is_static(entry):
            continue
        if current is not None and target and _path(entry.url) == target and entry.method in ("GET", current.method):
            current = replace(current, landing=target, landed=entry.answer, answer_kind=entry.answer_kind)
        else:
            if current is not None:
                yield current
            current = _act(entry) if entry.status < 400 else None
        target = _target(entry)
    if current is not None:
        yield current


def _act(entry: HarEntry) -> Act:
    return Act(
        method=entry.method,
        path=_path(entry.url),
        referer=_path(entry.header("referer")) if _origin(entry.header("referer")) == _origin(entry.url) else "",
        headers=entry.headers,
        kind=entry.kind,
        text=entry.text,
        fields=entry.fields,
        answer_kind=entry.answer_kind,
        answer=entry.answer,
        answer_headers=entry.answer_headers,
    )


def _target(entry: HarEntry) -> str:
    """Where a redirect leads on this origin; empty for an answer that is none."""
    headers = (value for name, value in entry.answer_headers if name.lower() == "location")
    location = entry.location or next(headers, "")
    if entry.status not in _REDIRECTS or not location:
        return ""
    try:
        return _path(urljoin(entry.url, location))
    except ValueError:
        return ""


def _path(url: str) -> str:
    parts = _parts(url)
    return f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"


def _parts(url: str) -> SplitResult:
    """Of a stranger's URL; all empty for one that cannot be read."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _is_static(entry: HarEntry) -> bool:
    """What a page brings along."""
    if entry.method != "GET":
        return False
    path = _parts(entry.url).path.lower()
    return path.endswith(_STATIC) or entry.answer_kind.lower().startswith(_STATIC_KINDS)


def _is_html(kind: str) -> bool:
    return kind.lower().startswith(("text/html", "application/xhtml"))
