"""What the lines of an answer say, so that two runs can be compared. Pure."""

import re

from minipaas.chaos.history import Exchange
from minipaas.chaos.markers import Marker, without_markers

_NUMBER = re.compile(r"\d+")


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


def numbered(exchange: Exchange) -> dict[str, tuple[str, ...]]:
    """Lines with numbers, by what they say without them; lines that stand twice are left out."""
    found: dict[str, tuple[str, ...]] = {}
    twice: set[str] = set()
    for plain in _plain(exchange):
        numbers = tuple(_NUMBER.findall(plain))
        if not numbers:
            continue
        shape = _NUMBER.sub("#", plain)
        if shape in found and found[shape] != numbers:
            twice.add(shape)
        found[shape] = numbers
    return {shape: numbers for shape, numbers in found.items() if shape not in twice}
