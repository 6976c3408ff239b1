"""Response heads: read strictly, and what of them goes on to the client.

A head that the client could read differently than we did is the app's fault, and said so: H17 where it is not
HTTP, H25 where it breaks one of Heroku's limits.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from minipaas.limits import RESPONSE_COOKIE_BYTES, RESPONSE_HEADER_BYTES, RESPONSE_STATUS_BYTES
from minipaas.router import head_grammar as grammar
from minipaas.router.fault import H17, H25_COOKIE, H25_HEADER, H25_LENGTH, H25_STATUS, Fault
from minipaas.router.head import VIA

#: All of a response's head (DC:http-routing, 1 MB response buffer).
HEAD_BYTES = 1024 * 1024
_CACHED_BYTES = 2048

_LINE = re.compile(rb"HTTP/1\.([01]) ([0-9]{3})(| [^\x00-\x08\x0a-\x1f\x7f]*)")
_SPECIAL = re.compile(
    rb"\n((?i:connection|keep-alive|proxy-connection|te|upgrade|via|server|content-length|transfer-encoding))"
    rb":([^\r]*)\r"
)
_CODING = re.compile(rb"\n(?i:transfer-encoding):[^\n]*\n")
_COOKIE = b"set-cookie:"
#: Status codes whose responses never have a body (RFC 9110 6.4.1); so have those under 200.
_BODYLESS = frozenset((204, 304))


class BadResponse(Exception):
    """The dyno's answer cannot be passed on; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.desc)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseHead:
    """`keep`, `close` and `http10` are the whole head as a client gets it, who is to keep the connection, to
    close it, or to keep it and speaks HTTP/1.0; `unchunked` is `close` for a client that does not know chunks.
    `reusable`: the dyno will keep its end open.
    """

    status: int
    keep: bytes
    close: bytes
    http10: bytes
    unchunked: bytes
    reusable: bool
    length: int | None = None
    chunked: bool = False

    @property
    def bodyless(self) -> bool:
        """No body follows, whatever the head says."""
        return self.status in _BODYLESS or self.status < 200


def response_head(head: bytes) -> ResponseHead:
    """Read a head, from the status line to the empty line.

    Raises:
        BadResponse: H17 or H25.
    """
    return _cached(head) if len(head) <= _CACHED_BYTES else _response_head(head)


def _response_head(head: bytes) -> ResponseHead:
    stop = head.index(b"\r\n")
    status_line, block = head[:stop], head[stop + 1 : -2]
    match = _status_line(status_line)
    if not grammar.well_formed(block):
        raise BadResponse(H17)
    _within_limits(block)
    return _Reader(block, int(match[1])).head(int(match[2]), b"HTTP/1.1 %b%b\r\n" % (match[2], match[3]))


_cached = lru_cache(1024)(_response_head)


def _status_line(line: bytes) -> re.Match[bytes]:
    if len(line) > RESPONSE_STATUS_BYTES:
        raise BadResponse(H25_STATUS)
    match = _LINE.fullmatch(line)
    if match is None or match[2] < b"100":
        raise BadResponse(H17)
    return match


def _within_limits(block: bytes) -> None:
    if len(block) <= RESPONSE_COOKIE_BYTES:
        return
    for line in grammar.lines(block):
        if line[: len(_COOKIE)].lower() == _COOKIE:
            if len(line[len(_COOKIE) :].strip()) > RESPONSE_COOKIE_BYTES:
                raise BadResponse(H25_COOKIE)
        elif len(line) > RESPONSE_HEADER_BYTES:
            raise BadResponse(H25_HEADER)


def check_start(start: bytes | bytearray) -> None:
    """Judge a head that has not ended yet, so that what cannot become one is not waited for.

    Raises:
        BadResponse: H17 or H25.
    """
    if not start.startswith(b"HTTP/1."[: len(start)]) or grammar.has_bare_newline(start):
        raise BadResponse(H17)
    if len(start) > RESPONSE_STATUS_BYTES and start.find(b"\r\n", 0, RESPONSE_STATUS_BYTES + 2) < 0:
        raise BadResponse(H25_STATUS)
    if len(start) > HEAD_BYTES:
        raise BadResponse(H25_HEADER)


class _Reader:
    def __init__(self, block: bytes, minor: int) -> None:
        self.block = block
        self.minor = minor
        self.values: dict[bytes, list[bytes]] = {}
        self.edits: list[tuple[int, int, bytes]] = []
        self.spans: dict[bytes, list[tuple[int, int]]] = {}
        for match in _SPECIAL.finditer(block):
            name = match[1].lower()
            self.values.setdefault(name, []).append(match[2].strip(b" \t"))
            self.spans.setdefault(name, []).append((match.start() + 1, match.end() + 1))

    def head(self, status: int, line: bytes) -> ResponseHead:
        length, chunked = self._framing()
        reusable = self._reusable()
        kept = b"%b%b%b" % (line, self._kept(status), self._added())
        return ResponseHead(
            status=status,
            keep=kept + b"\r\n",
            close=kept + (b"\r\n" if status < 200 else b"Connection: close\r\n\r\n"),
            http10=kept + b"Connection: keep-alive\r\n\r\n",
            unchunked=_CODING.sub(b"\n", kept, count=1) + b"Connection: close\r\n\r\n" if chunked else b"",
            reusable=reusable,
            length=length,
            chunked=chunked,
        )

    def _framing(self) -> tuple[int | None, bool]:
        codings = self.values.get(b"transfer-encoding")
        lengths = self.values.get(b"content-length")
        if codings is not None:
            if len(codings) != 1 or codings[0].lower() != b"chunked":
                raise BadResponse(H17)
            return None, True
        if lengths is None:
            return None, False
        length = grammar.content_length(lengths)
        if length is None:
            raise BadResponse(H25_LENGTH)
        self._write_plainly(lengths[0])
        return length, False

    def _write_plainly(self, digits: bytes) -> None:
        start, end = self.spans[b"content-length"].pop(0)
        line = b"Content-Length: %b\r\n" % digits
        if self.block[start:end].lower() != line.lower():
            self.edits.append((start, end, line))

    def _reusable(self) -> bool:
        """Both framings at once, or chunks from HTTP/1.0, are faulty: such a connection is not used again."""
        listed = grammar.listing(self.values.get(b"connection", ()))
        if b"transfer-encoding" in self.values and (b"content-length" in self.values or self.minor == 0):
            return False
        return b"close" not in listed and (self.minor == 1 or b"keep-alive" in listed)

    def _kept(self, status: int) -> bytes:
        listed = grammar.listing(self.values.get(b"connection", ()))
        if b"transfer-encoding" in self.values:
            self._keep_coding()
        if status == 101:
            self.spans.pop(b"upgrade", None)
        self.spans.pop(b"server", None)
        for spans in self.spans.values():
            self.edits += [(start, end, b"") for start, end in spans]
        self.edits += [(start, end, b"") for start, end in grammar.listed_spans(self.block, listed)]
        return grammar.cut(self.block, self.edits) + (b"Connection: Upgrade\r\n" if status == 101 else b"")

    def _keep_coding(self) -> None:
        (span,) = self.spans.pop(b"transfer-encoding")
        if self.block[slice(*span)].lower() != b"transfer-encoding: chunked\r\n":
            self.edits.append((*span, b"Transfer-Encoding: chunked\r\n"))

    def _added(self) -> bytes:
        via = b", ".join((*self.values.get(b"via", ()), VIA))
        server = b"" if b"server" in self.values else b"Server: Heroku\r\n"
        return b"%bVia: %b\r\n" % (server, via)
