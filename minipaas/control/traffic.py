"""What an app's requests and dynos have come to since the platform started: counted from the router's own records.

A record waits in a list, which costs a request nothing to speak of, and is counted a thousand at a time or when
somebody asks.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from minipaas.model.logline import LogChunk, Source

if TYPE_CHECKING:
    from minipaas.model.request import RequestRecord

#: Records counted at a time.
BATCH = 1000
#: Paths told apart for each app; a crawler makes up new ones for ever.
ROUTES = 200
OTHER = "(other)"
#: Paths whose route is remembered.
PATHS_SEEN = 1000
#: Throughput is that of so many seconds.
WINDOW_S = 60
#: Exact below a second, by two digits above: 1,234 ms counts as 1,200.
_EXACT_MS = 1000
#: Compiled at their first use: the first dyno of a platform does not wait for that.
_ERROR = rb"Error (R\d\d)\b"
_ID = r"\d+|[0-9a-fA-F]{8,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def route_of(method: str, path: str) -> str:
    """`GET /posts/{id}`: numbers, long hexadecimal and UUIDs stand for any of their kind, the query is left out."""
    parts = path.partition("?")[0].split("/")
    return f"{method} {'/'.join('{id}' if re.fullmatch(_ID, part) else part for part in parts)}"


def percentile(durations: Mapping[int, int], share: float) -> int | None:
    """The duration that `share` (0 to 1) of the counted ones do not exceed; None when there are none."""
    left = share * sum(durations.values())
    for ms in sorted(durations):
        left -= durations[ms]
        if left <= 0:
            return ms
    return max(durations, default=None)


class RouteTally:
    """One route's requests. `durations` counts milliseconds, of requests that a dyno served."""

    __slots__ = ("by_status", "bytes", "durations", "requests", "total_ms")

    def __init__(self) -> None:
        self.requests = 0
        self.by_status: Counter[int | None] = Counter()
        self.durations: Counter[int] = Counter()
        self.total_ms = 0
        self.bytes = 0

    @property
    def statuses(self) -> Mapping[str, int]:
        """By class: `2xx`, `5xx`; `none` where the client left first."""
        classes: Counter[str] = Counter()
        for status, count in self.by_status.items():
            classes[f"{status // 100}xx" if status else "none"] += count
        return classes


class Traffic:
    """One app's figures; `now` gives seconds since the epoch."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._waiting: list[RequestRecord] = []
        self._routes: dict[str, RouteTally] = {}
        #: Routes by method and path as they came, so that most need not be cut up again.
        self._seen: dict[tuple[str, str], RouteTally] = {}
        self._seconds: Counter[int] = Counter()
        self._codes: Counter[str] = Counter()

    def take(self, records: "Sequence[RequestRecord]") -> None:
        """Requests that ended."""
        self._waiting += records
        if len(self._waiting) >= BATCH:
            self._count()

    def hear(self, chunk: LogChunk) -> None:
        """A piece of the app's log: the dyno manager tells its R-codes there."""
        if chunk.source is Source.HEROKU and chunk.data.startswith(b"Error R"):
            found = re.match(_ERROR, chunk.data)
            if found:
                self._codes[found[1].decode()] += 1

    @property
    def codes(self) -> Mapping[str, int]:
        """How often each H- and R-code came."""
        self._count()
        return self._codes

    @property
    def routes(self) -> Mapping[str, RouteTally]:
        """Each route's figures."""
        self._count()
        return self._routes

    def per_second(self) -> float:
        """Requests a second, over the last minute."""
        self._count()
        since = int(self._now()) - WINDOW_S
        return sum(count for second, count in self._seconds.items() if second > since) / WINDOW_S

    def _count(self) -> None:
        waiting, self._waiting = self._waiting, []
        for record in waiting:
            self._add(record)
        since = int(self._now()) - WINDOW_S
        for second in [second for second in self._seconds if second <= since]:
            del self._seconds[second]

    def _add(self, record: "RequestRecord") -> None:
        """Half a microsecond, where its path is known: a busy router pays this for each request."""
        tally = self._seen.get((record.method, record.path)) or self._tally(record.method, record.path)
        tally.requests += 1
        tally.by_status[record.status] += 1
        tally.bytes += record.bytes or 0
        if record.code:
            self._codes[record.code] += 1
        ms = record.service_ms
        if ms is not None:
            tally.durations[ms if ms < _EXACT_MS else _rounded(ms)] += 1
            tally.total_ms += ms
        self._seconds[int(record.started_at)] += 1

    def _tally(self, method: str, path: str) -> RouteTally:
        route = route_of(method, path)
        known = self._routes.get(route)
        if known is None:
            if len(self._routes) >= ROUTES:
                route = OTHER
            known = self._routes.setdefault(route, RouteTally())
        if len(self._seen) >= PATHS_SEEN:
            self._seen.clear()
        self._seen[method, path] = known
        return known


def _rounded(ms: int) -> int:
    step: int = 10 ** (len(str(ms)) - 2)
    return ms // step * step


def merged(tallies: Iterable[RouteTally]) -> RouteTally:
    """All routes as one."""
    whole = RouteTally()
    for tally in tallies:
        whole.requests += tally.requests
        whole.by_status.update(tally.by_status)
        whole.durations += tally.durations
        whole.total_ms += tally.total_ms
        whole.bytes += tally.bytes
    return whole
