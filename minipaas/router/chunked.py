"""Bodies by their framing: counters that say how many of the bytes at hand belong to the body.

Bodies pass through the router as they came; a counter only finds where they end. Each gives the same verdict
however the stream is cut into pieces. The chunk grammar is RFC 9112 7.1 at its strictest: sizes in plain hex
(never `int()` alone, which takes `0x2` and `1_0`), CRLF only, bounded extensions and trailers.
"""

import re
from typing import Protocol

from minipaas.router.head_grammar import TOKEN, VALUE

#: One chunk-size line with its extensions, one trailer line, and all trailers or all extensions together.
SIZE_LINE_BYTES = 4096
TRAILER_LINE_BYTES = 8192
OVERHEAD_BYTES = 16 * 1024

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})([ \t]*;" + VALUE + rb"*)?\r\n")
_SIZE_START = re.compile(rb"(?:[0-9A-Fa-f]{1,15}(?:\r|[ \t]*(?:;" + VALUE + rb"*\r?)?)?)?")
_TRAILER = re.compile(TOKEN + rb"+:" + VALUE + rb"*\r\n")
_TRAILER_START = re.compile(rb"(?:" + TOKEN + rb"+(?::" + VALUE + rb"*)?)?\r?")


class BadChunk(Exception):
    """The body breaks the chunk grammar."""


class Body(Protocol):
    """What a body's end is found with."""

    done: bool

    def feed(self, data: bytes) -> int:
        """How many bytes from the start of `data` belong to the body; fewer than all only at its end.

        Raises:
            BadChunk: the framing is broken.
        """


class LengthBody:
    """A body of `Content-Length` bytes."""

    __slots__ = ("done", "left")

    def __init__(self, length: int) -> None:
        self.left = length
        self.done = length == 0

    def feed(self, data: bytes) -> int:
        """How many bytes of `data` belong to the body."""
        taken = min(self.left, len(data))
        self.left -= taken
        self.done = self.left == 0
        return taken


class CloseBody:
    """A response body that ends with its connection."""

    __slots__ = ("done",)

    def __init__(self) -> None:
        self.done = False

    def feed(self, data: bytes) -> int:
        """All of `data`."""
        return len(data)


class ChunkedBody:
    """A chunked body; `payload`, when a list is given, collects the data without its framing."""

    __slots__ = ("_at", "_left", "_line", "_overhead", "done", "payload")

    def __init__(self, payload: list[bytes] | None = None) -> None:
        self.done = False
        self.payload = payload
        #: Bytes of chunk data still to come when `_at` is "data".
        self._left = 0
        self._line = b""
        self._overhead = 0
        self._at = "size"

    def feed(self, data: bytes) -> int:
        """How many bytes of `data` belong to the body.

        Raises:
            BadChunk: the framing is broken.
        """
        at = 0
        end = len(data)
        while at < end and not self.done:
            at = self._data(data, at) if self._at == "data" else self._line_of(data, at)
        return at

    def _data(self, data: bytes, at: int) -> int:
        taken = min(self._left, len(data) - at)
        if self.payload is not None:
            self.payload.append(data[at : at + taken])
        self._left -= taken
        if self._left == 0:
            self._at = "data end"
        return at + taken

    def _line_of(self, data: bytes, at: int) -> int:
        """Take one line, or the start of one, from `at`."""
        newline = data.find(b"\n", at)
        stop = len(data) if newline < 0 else newline + 1
        limit = TRAILER_LINE_BYTES if self._at == "trailer" else SIZE_LINE_BYTES
        if len(self._line) + stop - at > limit:
            raise BadChunk
        line = self._line + data[at:stop]
        if newline < 0:
            self._started(line)
            self._line = line
        else:
            self._line = b""
            self._ended(line)
        return stop

    def _started(self, line: bytes) -> None:
        """Refuse at once what no further byte can make good."""
        if self._at == "size":
            good = _SIZE_START.fullmatch(line) is not None
        elif self._at == "data end":
            good = line == b"\r"
        else:
            good = _TRAILER_START.fullmatch(line) is not None
        if not good:
            raise BadChunk

    def _ended(self, line: bytes) -> None:
        if self._at == "size":
            self._sized(line)
        elif self._at == "data end":
            if line != b"\r\n":
                raise BadChunk
            self._at = "size"
        elif line == b"\r\n":
            self.done = True
        else:
            self._spend(len(line))
            if not _TRAILER.fullmatch(line):
                raise BadChunk

    def _sized(self, line: bytes) -> None:
        match = _SIZE.fullmatch(line)
        if match is None:
            raise BadChunk
        self._left = int(match[1], 16)
        if match[2]:
            self._spend(len(match[2]))
        self._overhead = max(0, self._overhead - self._left)
        self._at = "data" if self._left else "trailer"

    def _spend(self, count: int) -> None:
        """Count what is neither data nor needed: extensions may not outweigh the data, nor trailers grow on."""
        self._overhead += count
        if self._overhead > OVERHEAD_BYTES:
            raise BadChunk
