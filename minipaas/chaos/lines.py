"""What the lines of an answer say, so that two runs can be compared. Pure."""

import re
from collections import Counter
from collections.abc import Iterator

from minipaas.chaos.history import Exchange
from minipaas.chaos.markers import Marker, without_markers

_NUMBER = re.compile(r"\d+")
#: A word with a digit in it: a number, an id, a time.
_CODE = re.compile(r"\w*\d\w*")


def holding(exchange: Exchange, marker: Marker) -> int:
    """How many lines hold the marker."""
    return sum(marker.shown_in(line.encode()) for line in exchange.lines)


def _plain(exchange: Exchange) -> list[str]:
    """Its lines without our markers, and without the name of the dyno, which may be shown."""
    return [
        without_markers(line).replace(exchange.dyno, "DYNO") if exchange.dyno else line for line in exchange.lines
    ]


def plain_lines(exchange: Exchange) -> list[str]:
    """What its lines say, numbers and markers left out."""
    return [_NUMBER.sub("#", line) for line in _plain(exchange)]


def alike(exchange: Exchange, marker: Marker) -> int:
    """How often the line stands there that holds the marker most often, whatever numbers and codes are in it."""
    held = [line.lower() for line in exchange.lines if marker.shown_in(line.encode())]
    return max(Counter(_CODE.sub("#", line.replace(marker.token, "MARKER")) for line in held).values(), default=0)


def _told(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Each line, and what it is about: a bare number in a table's cell is about the words before it."""
    about, place = "", 0
    for plain in _plain(exchange):
        if re.search(r"[^\W\d_]", plain):
            about, place = plain, 0
            yield plain, plain
        else:
            place += 1
            yield plain, f"{about} {'| ' * place}{plain}" if about else plain


def numbered(exchange: Exchange) -> dict[str, tuple[str, ...]]:
    """Lines with numbers, by what they say without them; lines that stand twice are left out."""
    found: dict[str, tuple[str, ...]] = {}
    twice: set[str] = set()
    for plain, told in _told(exchange):
        numbers = tuple(_NUMBER.findall(plain))
        if not numbers:
            continue
        shape = _NUMBER.sub("#", told)
        if shape in found and found[shape] != numbers:
            twice.add(shape)
        found[shape] = numbers
    return {shape: numbers for shape, numbers in found.items() if shape not in twice}
