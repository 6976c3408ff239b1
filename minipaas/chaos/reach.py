"""What users of one app made of another: the requests that the router passed on. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from minipaas.chaos.markers import Marker
from minipaas.chaos.page import url_pattern
from minipaas.chaos.plan import SAFE

#: Answers from here on show no page and make no route known.
_REFUSED = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """One request that an app was asked by another, as the router saw it; texts are without their wire's coding."""

    app: str
    method: str
    path: str
    status: int
    asked: bytes
    answered: bytes


@dataclass(frozen=True, slots=True)
class Reach:
    """Of one app: how often it was asked, how often to change something, and what was typed that came by.

    `sent` are markers that requests brought to it, `back` those of them that a later answer of its own held.
    """

    requests: int = 0
    writes: int = 0
    routes: frozenset[str] = frozenset()
    sent: frozenset[Marker] = field(default_factory=frozenset)
    back: frozenset[Marker] = field(default_factory=frozenset)

    @property
    def is_read_back(self) -> bool:
        """Whether what it was given was seen again; whether it was told to write where that was nothing known."""
        return bool(self.back) if self.sent else self.writes > 0


def reach(app: str, passed: Iterable[Passed], markers: Sequence[Marker]) -> Reach:
    """What of the plan's markers and requests came to the app, in the order of `passed`."""
    mine = [each for each in passed if each.app == app]
    sent: set[Marker] = set()
    back: set[Marker] = set()
    for each in mine:
        back |= {marker for marker in sent if marker.shown_in(each.answered)}
        sent |= {marker for marker in markers if marker.shown_in(each.path.encode() + b"\n" + each.asked)}
    return Reach(
        requests=len(mine),
        writes=sum(each.method not in SAFE for each in mine),
        routes=frozenset(f"{each.method} {url_pattern(each.path)}" for each in mine if 0 < each.status < _REFUSED),
        sent=frozenset(sent),
        back=frozenset(back),
    )
