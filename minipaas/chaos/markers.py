"""Markers: what chaos types into forms, so unlike anything else that finding it again means it was kept. Pure."""

import re
import struct
import zlib
from dataclasses import dataclass

#: Typed where a password is asked for: long, mixed, and never a marker, since no page should show it again.
PASSWORD = "Zq7-correct-horse"
#: A marker is never written another way by an app, but for its case.
_SHAPE = re.compile(r"zq\d{3}[a-z]{2}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Marker:
    """One typed value. `token` is what is looked for; a number is looked for as a whole number."""

    token: str

    @property
    def is_number(self) -> bool:
        """Whether it was typed into a field for numbers."""
        return self.token.isdigit()

    def shown_in(self, body: bytes) -> bool:
        """Whether a response holds it, whatever its letters' case; a number also with separators."""
        if not self.is_number:
            return self.token.encode() in body.lower()
        grouped = f"{int(self.token):,}"
        forms = "|".join(re.escape(form) for form in {self.token, grouped, grouped.replace(",", ".")})
        return re.search(rf"(?<!\d)(?:{forms})(?!\d)".encode(), body) is not None


def text_marker(number: int) -> Marker:
    """The marker of that number: `zq017ab`; unlike words, hashes and other numbers."""
    letters = "abcdefghjkmnpqrstuvwxyz"
    return Marker(f"zq{number % 1000:03d}{letters[number // 1000 % 23]}{letters[number * 7 % 23]}")


def number_marker(number: int, low: int = 0, high: int = 99_999) -> Marker | None:
    """An odd-looking number in the range a field allows; None where the range is too small for one to stand out."""
    value = 31_013 + number * 97
    if low <= value <= high:
        return Marker(str(value))
    value = low + 613 + number * 7
    return Marker(str(value)) if value <= high and value > 600 else None


def is_text_marker(text: str) -> bool:
    """Whether it is a marker made of letters, and nothing else."""
    return _SHAPE.fullmatch(text) is not None


def without_markers(text: str) -> str:
    """Text with each marker replaced by one word, so that two runs can be compared."""
    return _SHAPE.sub("MARKER", text)


def picture(marker: Marker) -> bytes:
    """A valid one-pixel PNG that carries the marker in a text chunk and once more behind its end."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\x00\x20\x80\xf0")
    text = b"Comment\x00" + marker.token.encode()
    body = chunk(b"IHDR", header) + chunk(b"tEXt", text) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body + marker.token.encode()
