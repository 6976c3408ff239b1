"""Lines no wider than a terminal, by the width that is seen: most Chinese characters take two columns."""

import re
from collections.abc import Iterator
from unicodedata import combining, east_asian_width

_WORDS = re.compile(r"\s*\S+")


def seen_width(text: str) -> int:
    """Columns a terminal gives it."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text)


def padded(text: str, width: int) -> str:
    """Filled with spaces to `width` columns."""
    return text + " " * (width - seen_width(text))


def wrapped(text: str, width: int, *, first: int = 0, hang: int = 0) -> list[str]:
    """`text` in lines of at most `width` columns; a word that is wider than a line is cut.

    `first` columns of the first line are taken already, and are not part of what is returned; the other lines
    begin with `hang` spaces. Never empty.
    """
    lines, line, used = [], "", first
    for word in _WORDS.findall(text):
        if line and used + seen_width(word) > width:
            lines.append(line)
            line, used = "", hang
        piece = word if line else word.lstrip()
        *whole, piece = _cut(piece, width - used, width - hang)
        if whole:
            lines += whole
            used = hang
        line += piece
        used += seen_width(piece)
    lines.append(line)
    return [lines[0], *(" " * hang + each for each in lines[1:])]


def _cut(word: str, room: int, later: int) -> Iterator[str]:
    """A word in pieces that fit: the first in `room` columns, the others in `later`."""
    left = max(room, 1)
    begin = 0
    for at, letter in enumerate(word):
        left -= seen_width(letter)
        if left < 0 and at > begin:
            yield word[begin:at]
            begin, left = at, max(later, 1) - seen_width(letter)
    yield word[begin:]
