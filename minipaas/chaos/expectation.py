"""What all calm plays agree on of one exchange. Pure."""

from dataclasses import dataclass

from minipaas.chaos.markers import Marker

#: Step, and place in the step.
Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Expectation:
    """Of the answer; `made` beside each is the write it came with."""

    outcome: str | None
    markers: tuple[tuple[Marker, int], ...]
    #: How many lines hold a marker and how many of these are alike, where all calm plays agree; and the last write
    #: before.
    counts: tuple[tuple[Marker, tuple[int, int], int], ...]
    gone: tuple[tuple[Marker, int], ...]
    lines: tuple[tuple[str, int], ...]
    numbers: tuple[tuple[str, tuple[str, ...], int | None], ...]
    drifting: frozenset[str]

    @property
    def shown(self) -> frozenset[str]:
        """The kinds of loss that could be seen here, by the names of their symptoms."""
        held = {
            "marker": self.markers,
            "returned": self.gone,
            "twice": self.counts,
            "line": self.lines or self.counts,
            "number": self.numbers,
        }
        return frozenset(name for name, each in held.items() if each)
