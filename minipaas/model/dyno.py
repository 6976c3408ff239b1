"""A dyno: its name, its states, how it ended, how large it may grow."""

import re
from enum import StrEnum

from minipaas.frozen import frozen

#: Process types as the classic Procfile grammar allows them.
TYPE_PATTERN = r"[A-Za-z0-9_-]+"
#: Compiled by `re` at its first use, as other patterns here that the first dyno of a platform does not wait for.
_NAME = rf"({TYPE_PATTERN})\.(\d{{1,9}})"


class DynoState(StrEnum):
    """The Platform API's five states."""

    STARTING = "starting"
    UP = "up"
    CRASHED = "crashed"
    DOWN = "down"
    IDLE = "idle"


@frozen
class DynoName:
    """`web.1`: a place in the formation. Not unique among living processes: a restart overlaps."""

    type: str
    number: int

    def __str__(self) -> str:
        return f"{self.type}.{self.number}"

    def __lt__(self, other: "DynoName") -> bool:
        return (self.type, self.number) < (other.type, other.number)

    @classmethod
    def parse(cls, text: str) -> "DynoName | None":
        """`web.1` to a name; None when the text is not one."""
        found = re.fullmatch(_NAME, text)
        return cls(found[1], int(found[2])) if found else None


@frozen
class Exit:
    """How a dyno's main process ended.

    `status` is what Heroku prints: the exit code 0-255, or 128 + signal. `killed_by_memory` is true when
    the kernel's memory limit ended it.
    """

    status: int
    killed_by_memory: bool = False


@frozen
class Size:
    """A dyno size: memory quota in bytes, and processes with threads together (DC:dyno-types)."""

    name: str
    memory_bytes: int
    processes: int
    #: What the python and node buildpacks advise for this size.
    web_concurrency: int


def _mb(count: int) -> int:
    return count * 1024 * 1024


SIZES = {
    size.name.lower(): size
    for size in (
        Size("Eco", _mb(512), 256, 2),
        Size("Basic", _mb(512), 256, 2),
        Size("Standard-1X", _mb(512), 256, 2),
        Size("Standard-2X", _mb(1024), 512, 4),
        Size("Performance-M", _mb(2560), 16384, 5),
        Size("Performance-L", _mb(14336), 32768, 17),
        Size("Performance-L-RAM", _mb(30720), 24576, 9),
        Size("Performance-XL", _mb(63488), 32768, 17),
        Size("Performance-2XL", _mb(129024), 65536, 33),
    )
}
DEFAULT_SIZE = SIZES["standard-1x"]
