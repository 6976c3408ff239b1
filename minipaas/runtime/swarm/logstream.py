"""The bytes of a service's log: pieces with a head each, and in each the time and what was said. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

#: A byte that tells the stream, three of padding, four of length.
_HEAD_BYTES = 8
#: The engine's own complaints travel on a stream of their own.
_COMPLAINT = 3


@dataclass(frozen=True, slots=True)
class Said:
    """`at` is the node's time as text: of one width, so that texts compare as times do."""

    at: str
    data: bytes


class Pieces:
    """Cuts a stream into pieces; chunks may end anywhere."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Said]:
        """What has become whole with these bytes."""
        rest = self._rest + data
        at = 0
        while len(rest) - at >= _HEAD_BYTES:
            length = int.from_bytes(rest[at + 4 : at + _HEAD_BYTES], "big")
            end = at + _HEAD_BYTES + length
            if len(rest) < end:
                break
            if rest[at] != _COMPLAINT:
                when, _, said = rest[at + _HEAD_BYTES : end].partition(b" ")
                yield Said(when.decode(errors="replace"), said)
            at = end
        self._rest = rest[at:]


def since(at: str) -> str:
    """The second in which something was said, as the engine takes it: what was said in it is told again."""
    from datetime import datetime  # noqa: PLC0415  rarely needed

    return str(int(datetime.fromisoformat(f"{at[:19]}+00:00").timestamp())) if at else "0"
