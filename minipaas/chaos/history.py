"""What came back while a plan was played: the record that oracles judge afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from minipaas.chaos.markers import Marker
from minipaas.model.verdict import TimelineEvent

#: A dead or starting dyno answers so, or a router in its place.
NO_STATE = (0, 502, 503, 504)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer. `step` and `at` place it in the plan; `at` counts within the step.

    `path` is as it was sent, `pattern` without ids. `status` 0 means that no answer came (`error` says why).
    `location` is the pattern a redirect leads to. `lines` are what a person reads. `is_read` tells an answer to
    a plain GET from one to a form.
    """

    step: int
    at: int
    client: str
    method: str
    path: str
    pattern: str
    status: int
    location: str = ""
    lines: tuple[str, ...] = ()
    body: bytes = b""
    html: bool = False
    sent_cookies: tuple[str, ...] = ()
    set_cookies: tuple[str, ...] = ()
    #: Of the answer; kept for steps that take a value from them.
    headers: tuple[tuple[str, str], ...] = ()
    dyno: str = ""
    started_s: float = 0.0
    service_s: float = 0.0
    #: Until the answer began; None when nothing came. Heroku's router counts this, not `service_s`.
    first_byte_s: float | None = None
    #: Content type.
    kind: str = ""
    error: str = ""

    @property
    def is_read(self) -> bool:
        """Whether nothing was sent but the wish to see."""
        return self.method in ("GET", "HEAD")

    @property
    def outcome(self) -> str:
        """Status class with where a redirect leads: what a user notices without reading."""
        if self.status == 0:
            return f"no answer ({self.error})"
        return f"{self.status} to {self.location}" if self.location else str(self.status)

    @property
    def silent_s(self) -> float:
        """How long nothing came: what Heroku's router holds against its limit for the first byte (H12)."""
        return self.service_s if self.first_byte_s is None else self.first_byte_s

    def shows(self, marker: Marker) -> bool:
        """Whether the answer holds the marker, or a read is led on to an address that does."""
        return marker.shown_in(self.body) or (self.is_read and marker.shown_in(self._led_to))

    @property
    def _led_to(self) -> bytes:
        return next((value.encode() for name, value in self.headers if name.lower() == "location"), b"")


@dataclass(frozen=True, slots=True)
class FileEvidence:
    """A file that requests left on a dyno's disk: path as the app sees it, bytes, and the tokens found in it."""

    path: str
    size: int
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unmet:
    """What the author of a scenario expects and a step's exchange number `at` did not give."""

    at: int
    expected: str
    seen: str


@dataclass(slots=True)
class History:
    """All exchanges of one play, in order, and what could not be done."""

    trial: str
    exchanges: list[Exchange] = field(default_factory=list)
    #: Step index to what a user would miss: the form or link that is not on the page.
    missing: dict[int, str] = field(default_factory=dict)
    #: Step index to what the scenario expects of it and it did not give.
    unmet: dict[int, Unmet] = field(default_factory=dict)
    faults: int = 0
    #: What the dynos had on their disks at the end that they had not after boot.
    files: list[FileEvidence] = field(default_factory=list)
    #: What happened to dynos; times count from `began_s`, which is on the clock of `Exchange.started_s`.
    events: list[TimelineEvent] = field(default_factory=list)
    began_s: float = 0.0

    def by_place(self) -> Mapping[tuple[int, int], Exchange]:
        """Exchanges by step and place in the step."""
        return {(each.step, each.at): each for each in self.exchanges}

    def is_without_state(self, step: int) -> bool:
        """Whether a dyno that was dead or starting answered one of the step's requests."""
        return any(exchange.status in NO_STATE for exchange in self.exchanges if exchange.step == step)
