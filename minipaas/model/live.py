"""What `chaos --live` did to running apps, and what their users saw of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ActKind(StrEnum):
    """What is done to a dyno, to a host, or to the server of an add-on."""

    RESTART = "restart"
    RELOCATE = "relocate"
    CRASH = "crash"
    HOST = "host"
    ADDON = "addon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act of a schedule, `at_s` after its begin, on a dyno, or on the host where it stands for `lasts_s`.

    One on an add-on has the add-on's name for `dyno`.
    """

    at_s: float
    kind: ActKind
    app: str
    dyno: str
    lasts_s: float = 0.0

    @property
    def what(self) -> str:
        """`restart of web.1 of notes`, `failure of the host of web.1 of notes`."""
        words = {ActKind.RELOCATE: "relocation", ActKind.HOST: "failure of the host", ActKind.ADDON: "failure"}
        return f"{words.get(self.kind, self.kind.value)} of {self.dyno} of {self.app}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Percentiles of service times, in milliseconds."""

    p50: int
    p95: int
    p99: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What users saw. `failed` requests have an H-code or a status of 500 and more; `codes` counts them by it."""

    requests: int = 0
    failed: int = 0
    codes: Mapping[str, int] = field(default_factory=dict)
    latency: Latency | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An act as it was carried out.

    Times are seconds since the begin; `until_s` is when all dynos concerned were up again, None when they were not.
    `note` says why it was left out, empty when it was not. `seen` is what users of `apps` saw between the two.
    `host` is the one that failed.
    """

    act: Act
    at_s: float
    until_s: float | None = None
    note: str = ""
    host: str = ""
    apps: frozenset[str] = frozenset()
    seen: Seen = field(default_factory=Seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveApp:
    """One app: while nothing was done to it, and around what was, in all and by kind."""

    app: str
    calm: Seen
    around: Seen
    by_kind: Mapping[ActKind, Seen] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """All of them."""
        return self.calm.requests + self.around.requests

    @property
    def failed(self) -> int:
        """Those that failed."""
        return self.calm.failed + self.around.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveReport:
    """One run. `ended` says why it ended; `lost` requests were not seen, as there were too many."""

    seed: int
    rate_per_min: float
    duration_s: float
    version: str
    command: str
    ended: str
    apps: tuple[LiveApp, ...]
    acts: tuple[Done, ...]
    lost: int = 0

    @property
    def requests(self) -> int:
        """Of all apps."""
        return sum(app.requests for app in self.apps)

    @property
    def failed(self) -> int:
        """Of all apps."""
        return sum(app.failed for app in self.apps)
