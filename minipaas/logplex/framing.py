"""Bytes of one stream to whole lines, byte for byte, a chunk at a time.

A line ends at `\\n` and nowhere else: `\\r`, NUL and bytes that are no UTF-8 belong to the line. Content
longer than `LOG_LINE_BYTES` is cut into lines of that length, as log-shuttle does. However a stream is
split into pieces, the same lines come out.

The work is one search for the last newline of a piece and one look every 10,000 bytes, never one for each line.
"""

from minipaas.limits import LOG_LINE_BYTES


class LineFramer:
    """One stream's framing; holds the line that is not complete yet, never more than `LOG_LINE_BYTES`.

    A prompt without a newline is held until its line completes, as on Heroku, or until `flush_partial`.
    """

    __slots__ = ("_partial",)

    def __init__(self) -> None:
        self._partial = bytearray()

    def feed(self, piece: bytes) -> bytes:
        """Take the next bytes; give the lines they completed, each with its newline, or b""."""
        end = piece.rfind(b"\n") + 1
        if not end:
            self._partial += piece
            return self._cut_partial()
        lines = self._complete(piece, end)
        self._partial = bytearray(memoryview(piece)[end:])
        return split_long(lines) + self._cut_partial()

    def flush_partial(self) -> bytes:
        """Give the unfinished line with a newline, or b""; what comes next starts a new line."""
        rest = bytes(self._partial)
        self._partial.clear()
        return rest + b"\n" if rest else b""

    def _complete(self, piece: bytes, end: int) -> bytes:
        if not self._partial and end == len(piece):
            return piece
        return b"".join((self._partial, memoryview(piece)[:end]))

    def _cut_partial(self) -> bytes:
        if len(self._partial) <= LOG_LINE_BYTES:
            return b""
        held = bytes(self._partial)
        # A full line stays held until one more byte tells that it goes on: a newline may follow.
        last = (len(held) - 1) // LOG_LINE_BYTES * LOG_LINE_BYTES
        self._partial = bytearray(held[last:])
        return b"".join(held[at : at + LOG_LINE_BYTES] + b"\n" for at in range(0, last, LOG_LINE_BYTES))


def split_long(lines: bytes) -> bytes:
    """Cut lines that are too long; the same object comes back when none is. `lines` ends in a newline."""
    pieces: list[bytes] = []
    kept = at = 0
    while len(lines) - at > LOG_LINE_BYTES + 1:
        end = lines.rfind(b"\n", at, at + LOG_LINE_BYTES + 1)
        if end != -1:
            at = end + 1
            continue
        at += LOG_LINE_BYTES
        pieces += (lines[kept:at], b"\n")
        kept = at
    return b"".join((*pieces, lines[kept:])) if pieces else lines


def last_lines(lines: bytes, count: int) -> bytes:
    """The last `count` of whole lines; all of them when there are fewer."""
    if count <= 0:
        return b""
    start = len(lines) - 1
    for _ in range(count):
        start = lines.rfind(b"\n", 0, max(start, 0))
        if start == -1:
            return lines
    return lines[start + 1 :]
