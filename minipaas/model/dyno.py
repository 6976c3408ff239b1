"""A dyno: its name, its states, how it ended, how large it may grow."""

import re
from dataclasses import dataclass
from enum import StrEnum

#: Process types as the classic Procfile grammar allows them.
TYPE_PATTERN = r"[A-Za-z0-9_-]+"
_NAME = re.compile(rf"({TYPE_PATTERN})\.(\d{{1,9}})")


class DynoState(StrEnum):
    """The Platform API's five states."""

    STARTING = "starting"
    UP = "up"
    CRASHED = "crashed"
    DOWN = "down"
    IDLE = "idle"


@dataclass(frozen=True, slots=True, order=True)
class DynoName:
    """`web.1`: a place in the formation. Not unique among living processes: a restart overlaps."""

    type: str
    number: int

    def __str__(self) -> str:
        return f"{self.type}.{self.number}"

    @classmethod
    def parse(cls, text: str) -> "DynoName | None":
        """`web.1` to a name; None when the text is not one."""
        found = _NAME.fullmatch(text)
        return cls(found[1], int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Exit:
    """How a dyno's main process ended.

    `status` is what Heroku prints: the exit code 0-255, or 128 + signal. `killed_by_memory` is true when
    the kernel's memory limit ended it.
    """

    status: int
    killed_by_memory: bool = False


@dataclass(frozen=True, slots=True)
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
