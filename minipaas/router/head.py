"""Request heads: strict to read, and what of them goes on to the dyno.

Rule 1: what two programs on the way could read differently is refused here (400 and the connection closed), so
that no request hides inside another: both framings at once, odd lengths, folded lines, bare CR or LF.
Rule 2: the header lines that do go on are the client's own bytes, in the client's order and case.

Clients repeat themselves (keep-alive, a page's forty pictures), so both halves of a head are read through a
small cache.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from minipaas.limits import HEADER_LINE_BYTES, METHOD_BYTES, REQUEST_LINE_BYTES
from minipaas.router import head_grammar as grammar

#: A head that has not ended by then is refused (vegur: 1 MB client buffer).
HEAD_BYTES = 1024 * 1024
#: Heads longer than this are read afresh each time, so that the cache stays small.
_CACHED_BYTES = 2048
VIA = b"1.1 heroku-router"

_LINE = re.compile(rb"(" + grammar.TOKEN + rb"{1,%d}) ([!\"$-~]++) HTTP/1\.([01])" % METHOD_BYTES)
_OTHER_VERSION = re.compile(rb"[!-~]+ [!-~]+ HTTP/(?!1\.[01])[0-9](?:\.[0-9])?")
_ABSOLUTE = re.compile(rb"(?i:https?)://([^/?]*)(.*)")
_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+;=%-]+)(?::[0-9]{0,5})?")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9+/=-]{20,200}")
#: Headers we read, set or drop. With `_` for `-` they are dropped: CGI and WSGI cannot tell the two apart.
_SPECIAL = re.compile(
    rb"\n((?i:host|connection|keep-alive|te|upgrade|expect|via|content[-_]length|transfer[-_]encoding"
    rb"|proxy-(?:connection|authorization)|x[-_]forwarded[-_](?:for|proto|port)|x[-_]request[-_](?:id|start)))"
    rb":([^\r]*)\r"
)
_PLAIN = (b"Host", b"host")


class HeadRefused(Exception):
    """A request the router answers itself. `cause` is what H26 logs."""

    def __init__(self, status: int, cause: str) -> None:
        super().__init__(cause)
        self.status = status
        self.cause = cause


@dataclass(frozen=True, slots=True)
class RequestLine:
    """`wire` is the first line as the dyno gets it; `authority` stands for Host when the target was absolute."""

    method: str
    path: str
    minor: int
    wire: bytes
    authority: bytes | None
    #: The method changes nothing (RFC 9110 9.2.1), so it may be sent again.
    safe: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The header lines of a request, read once.

    `kept` is what goes on to the dyno, with `Via` and without the head's end. `length` is None where no
    `Content-Length` stood. `forwarded` is the client's own X-Forwarded-For, `request_id` the client's own if
    it is good (its line is then in `kept`).
    """

    kept: bytes
    host: str
    #: `host` without port and dot at its end, lower case: the key to the app.
    name: str
    length: int | None = None
    chunked: bool = False
    keep_alive: bool = True
    upgrade: bool = False
    expect: bool = False
    forwarded: str = ""
    request_id: str = ""
    #: Bytes of a body follow the head.
    has_body: bool = False


def request_line(line: bytes) -> RequestLine:
    """Read a request line.

    Raises:
        HeadRefused: 414 too long, 405 TRACE, 505 another version, 400 the rest.
    """
    return _cached_line(line) if len(line) <= _CACHED_BYTES else _request_line(line)


def _request_line(line: bytes) -> RequestLine:
    if len(line) > REQUEST_LINE_BYTES:
        raise HeadRefused(414, "request line too long")
    match = _LINE.fullmatch(line)
    if match is None:
        raise HeadRefused(505 if _OTHER_VERSION.fullmatch(line) else 400, "bad request line")
    method, target, minor = match.groups()
    if method == b"CONNECT":
        raise HeadRefused(400, "bad method")
    if method == b"TRACE":
        raise HeadRefused(405, "bad method")
    authority, path = _target(method, target)
    return RequestLine(
        method.decode(),
        path.decode(),
        int(minor),
        b"%b %b HTTP/1.1\r\n" % (method, path),
        authority,
        method in (b"GET", b"HEAD", b"OPTIONS"),
    )


_cached_line = lru_cache(1024)(_request_line)


def _target(method: bytes, target: bytes) -> tuple[bytes | None, bytes]:
    """Authority (None unless the target is absolute) and the target in origin form."""
    if target.startswith(b"/") or (target == b"*" and method == b"OPTIONS"):
        return None, target
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None or not _HOST.fullmatch(absolute[1]):
        raise HeadRefused(400, "bad request target")
    path = absolute[2]
    if not path:
        path = b"*" if method == b"OPTIONS" else b"/"
    return absolute[1], path if path[:1] in b"/*" else b"/" + path


def request_fields(block: bytes, line: RequestLine) -> Fields:
    """Read the header block that came with a request line.

    Raises:
        HeadRefused: 417 an expectation but 100-continue, 501 a transfer coding but chunked, 400 the rest.
    """
    if len(block) > _CACHED_BYTES or line.authority is not None:
        return _request_fields(block, line.minor, line.authority)
    return _cached_fields(block, line.minor)


def _request_fields(block: bytes, minor: int, authority: bytes | None = None) -> Fields:
    if not grammar.well_formed(block) or not grammar.within(block, HEADER_LINE_BYTES):
        raise HeadRefused(400, "bad header")
    special = _SPECIAL.findall(block)
    if len(special) == 1 and minor == 1 and authority is None and special[0][0] in _PLAIN:
        return _plain_fields(block, special[0][1].strip(b" \t"))
    return _Reader(block, minor, authority).fields()


def _plain_fields(block: bytes, host: bytes) -> Fields:
    """The same as `_Reader` would give for a block whose only special header is Host, at half the cost."""
    match = _HOST.fullmatch(host)
    if match is None:
        raise HeadRefused(400, "bad header")
    return Fields(
        kept=b"%bVia: %b\r\n" % (block[1:], VIA), host=host.decode(), name=match[1].decode().lower().rstrip(".")
    )


_cached_fields = lru_cache(1024)(_request_fields)


class _Reader:
    """One pass over a block: values by name, and edits to make of it what the dyno gets."""

    def __init__(self, block: bytes, minor: int, authority: bytes | None) -> None:
        self.block = block
        self.minor = minor
        self.authority = authority
        self.values: dict[bytes, list[bytes]] = {}
        self.edits: list[tuple[int, int, bytes]] = []
        self.spans: dict[bytes, list[tuple[int, int]]] = {}
        for match in _SPECIAL.finditer(block):
            name = match[1].lower()
            self.values.setdefault(name, []).append(match[2].strip(b" \t"))
            self.spans.setdefault(name, []).append((match.start() + 1, match.end() + 1))

    def fields(self) -> Fields:
        host = self._host()
        length, chunked = self._framing()
        listed = grammar.listing(self.values.get(b"connection", ()))
        upgrade = self._upgrade(listed)
        request_id = self._request_id()
        via = b", ".join((*self.values.get(b"via", ()), VIA))
        self._drop_the_rest()
        self.edits += [(start, end, b"") for start, end in grammar.listed_spans(self.block, listed)]
        tail = b"Connection: Upgrade\r\n" if upgrade else b""
        return Fields(
            kept=b"%b%bVia: %b\r\n" % (grammar.cut(self.block, self.edits), tail, via),
            host=host.decode(),
            name=lookup_name(host),
            length=length,
            chunked=chunked,
            has_body=chunked or bool(length),
            keep_alive=b"close" not in listed and (self.minor == 1 or b"keep-alive" in listed),
            upgrade=upgrade,
            expect=self._expect(),
            forwarded=b", ".join(filter(None, self.values.get(b"x-forwarded-for", ()))).decode("latin-1"),
            request_id=request_id,
        )

    def _host(self) -> bytes:
        hosts = self.values.get(b"host", [])
        if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
            raise HeadRefused(400, "bad header")
        (span,) = self.spans.pop(b"host")
        if self.authority is not None:
            # RFC 9112 3.2.2: a proxy replaces Host by what an absolute target says.
            self.edits.append((*span, b"Host: %b\r\n" % self.authority))
            return self.authority
        return hosts[0]

    def _framing(self) -> tuple[int | None, bool]:
        codings = self.values.get(b"transfer-encoding")
        lengths = self.values.get(b"content-length")
        if codings is not None:
            if lengths is not None or self.minor == 0 or len(codings) != 1:
                raise HeadRefused(400, "bad header")
            if codings[0].lower() != b"chunked":
                raise HeadRefused(501 if grammar.is_token(codings[0].split(b",")[0]) else 400, "bad header")
            self._write_plainly(b"transfer-encoding", b"Transfer-Encoding: chunked\r\n")
            return None, True
        if lengths is None:
            return None, False
        length = grammar.content_length(lengths)
        if length is None:
            raise HeadRefused(400, "bad header")
        self._write_plainly(b"content-length", b"Content-Length: %b\r\n" % lengths[0])
        return length, False

    def _write_plainly(self, name: bytes, line: bytes) -> None:
        """Keep the first line of that name, byte for byte when it is the usual form, and drop its equals."""
        start, end = self.spans[name].pop(0)
        if self.block[start:end].lower() != line.lower():
            self.edits.append((start, end, line))

    def _upgrade(self, listed: frozenset[bytes]) -> bool:
        """Whether the client asks to leave HTTP; h2c is passed over, it would hide requests from us."""
        wishes = self.values.get(b"upgrade", [])
        if b"upgrade" not in listed or not wishes or self.minor == 0:
            return False
        names = [wish.strip(b" \t") for value in wishes for wish in value.split(b",")]
        if not all(grammar.is_token(name.replace(b"/", b"")) for name in names):
            raise HeadRefused(400, "bad header")
        if b"h2c" in [name.lower() for name in names]:
            return False
        del self.spans[b"upgrade"]
        return True

    def _request_id(self) -> str:
        ids = self.values.get(b"x-request-id", [])
        if len(ids) != 1 or not _REQUEST_ID.fullmatch(ids[0]):
            return ""
        del self.spans[b"x-request-id"]
        return ids[0].decode()

    def _expect(self) -> bool:
        wishes = [wish.lower() for wish in self.values.get(b"expect", ()) if wish]
        if any(wish != b"100-continue" for wish in wishes):
            raise HeadRefused(417, "unsupported expect header value")
        return bool(wishes) and self.minor == 1

    def _drop_the_rest(self) -> None:
        for spans in self.spans.values():
            self.edits += [(start, end, b"") for start, end in spans]


def lookup_name(host: bytes) -> str:
    """`Shop.localhost.:5000` to `shop.localhost`."""
    match = _HOST.fullmatch(host)
    return match[1].decode().lower().rstrip(".") if match else ""
