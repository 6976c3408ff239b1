"""What `minipaas run` and the platform say to each other on one connection, in frames. Pure.

A frame is a kind (one byte), a length (four, big-endian) and that many bytes. The client says DATA, END and SIZE, the
platform DATA, UP and then EXIT or FAILED. Heroku's own client speaks plain bytes instead, see `attach.py`.
"""

import struct
from enum import Enum

from minipaas.errors import UsageProblem

_HEAD = struct.Struct(">cI")
_SIZE = struct.Struct(">HH")
_STATUS = struct.Struct(">H")
#: More in one frame is nobody's honest wish.
FRAME_BYTES = 1024 * 1024


class Kind(Enum):
    """What a frame's bytes are."""

    #: Input, or output.
    DATA = b"D"
    #: No more input; empty.
    END = b"E"
    #: Rows and columns.
    SIZE = b"S"
    #: The dyno runs; empty.
    UP = b"U"
    #: Its exit status, the last frame.
    EXIT = b"X"
    #: Why there is none, as text; the last frame.
    FAILED = b"F"


def frame(kind: Kind, data: bytes = b"") -> bytes:
    """One frame."""
    return _HEAD.pack(kind.value, len(data)) + data


def size_frame(rows: int, columns: int) -> bytes:
    """SIZE."""
    return frame(Kind.SIZE, _SIZE.pack(rows, columns))


def exit_frame(status: int) -> bytes:
    """EXIT."""
    return frame(Kind.EXIT, _STATUS.pack(status))


def size_of(data: bytes) -> tuple[int, int]:
    """Rows and columns of a SIZE.

    Raises:
        UsageProblem: it is of another length.
    """
    if len(data) != _SIZE.size:
        raise UsageProblem("a terminal's size is two numbers")
    rows, columns = _SIZE.unpack(data)
    return rows, columns


def status_of(data: bytes) -> int:
    """The status of an EXIT."""
    return int(_STATUS.unpack(data)[0])


class Unframer:
    """Cuts a stream into frames, however it is split."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, piece: bytes) -> list[tuple[Kind, bytes]]:
        """The frames that `piece` completed.

        Raises:
            UsageProblem: an unknown kind, or a frame larger than FRAME_BYTES.
        """
        self._held += piece
        found = []
        at = 0
        while len(self._held) - at >= _HEAD.size:
            kind, length = self._head(at)
            end = at + _HEAD.size + length
            if len(self._held) < end:
                break
            found.append((kind, bytes(self._held[at + _HEAD.size : end])))
            at = end
        del self._held[:at]
        return found

    def _head(self, at: int) -> tuple[Kind, int]:
        letter, length = _HEAD.unpack_from(self._held, at)
        if length > FRAME_BYTES:
            raise UsageProblem(f"a frame of {length} bytes is too large")
        try:
            return Kind(letter), length
        except ValueError:
            raise UsageProblem(f"there is no frame {letter!r}") from None
