"""The plan: what a user does with the app, step by step, found once on a calm dyno and then frozen. Pure.

A step never holds a URL with an id in it: it says which link or form of which page is taken, and is looked up in
the page as it is when the plan is played, as a browser's user would.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from minipaas.chaos.markers import Marker
from minipaas.model.scenario import Expect, Pick


@dataclass(frozen=True, slots=True)
class Place:
    """A page: a path as it is, a link that leads there from another place, or where an earlier step ended.

    `pattern` is the URL pattern of link or ending; `near` are markers, one of which stands beside the link, if
    it is one of several; `at` counts among those that fit. `landing` is the index of the earlier step; with
    `shown` it is a link on the page that this step ended with, one that was not there before if none fits the
    pattern: the short address of a new thing is drawn each time.
    """

    path: str = ""
    via: "Place | None" = None
    landing: int | None = None
    pattern: str = ""
    near: tuple[Marker, ...] = ()
    at: int = 0
    shown: bool = False

    @property
    def name(self) -> str:
        """For people."""
        return self.path or self.pattern


@dataclass(frozen=True, slots=True)
class Entry:
    """What is typed into one field; `file` is (name, type, content) for uploads."""

    name: str
    value: str = ""
    marker: Marker | None = None
    file: tuple[str, str, bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Look at a page."""

    client: str
    place: Place
    #: Bytes are looked at too: an image that was uploaded.
    embedded: bool = False
    #: Looked at again and again until it shows this, at most so many seconds: a worker may still be at it.
    until: Marker | None = None
    patience_s: float = 0.0

    @property
    def label(self) -> str:
        """For people."""
        return f"GET {self.place.name}"


class Press(StrEnum):
    """A form sent in a row until it is refused: what a limit took to be reached has to be remembered."""

    #: Taken; nothing happens to dynos in between.
    TRY = "try"
    #: Refused for the first time.
    REFUSED = "refused"
    #: And once more, after the time a restart takes.
    STILL = "still refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """Load a page, fill one of its forms, send it, follow where it leads."""

    client: str
    place: Place
    form_key: str
    action: str
    method: str
    caption: str
    entries: tuple[Entry, ...] = ()
    near: tuple[Marker, ...] = ()
    #: Hidden fields, by name and value, that tell the form from others like it: the third tea of the list.
    picks: tuple[tuple[str, str], ...] = ()
    #: Part of becoming known to the app: replayed before anything else of this client.
    session: bool = False
    #: Takes things away: goes last.
    destructive: bool = False
    #: Sends the same once more, as an impatient user or a browser's reload does; nothing is loaded or filled.
    again: bool = False
    press: Press | None = None

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.method} {self.action}{' again' if self.again else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request of an API: its texts may hold `{name}`, which was captured from an earlier answer."""

    client: str
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    captures: Mapping[str, Pick] = field(default_factory=dict)
    markers: tuple[Marker, ...] = ()
    #: Markers of earlier steps that it mentions.
    near: tuple[Marker, ...] = ()
    #: The body goes as a form's fields, not as JSON.
    form: bool = False
    #: A body as it is, in place of `body`.
    text: str | None = None
    #: Uploads beside a form's fields: (field, (name, content, type)).
    files: tuple[tuple[str, tuple[str, bytes, str]], ...] = ()
    #: What its author expects of the answer; no less than that is expected under fault.
    expects: Expect | None = None
    pattern: str = ""
    session: bool = False
    destructive: bool = False
    press: Press | None = None

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.method} {self.pattern or self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Somebody listens on a live connection while somebody else says something: it has to arrive, on whatever dyno.

    `path` is of an event stream, or of a WebSocket (`socket`). What is said is a form that is sent, or a `message`
    over a socket of one's own.
    """

    client: str
    path: str
    socket: bool
    marker: Marker
    form: Submit | None = None
    message: str = ""
    #: It arrives within this time, or not at all.
    patience_s: float = 3.0

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.form.label if self.form else 'a message'} heard on {self.path}"


Step = Visit | Submit | Call | Tell

#: Methods that are asked not to change anything.
SAFE = ("GET", "HEAD", "OPTIONS")


def writes(step: Step) -> bool:
    """Whether the step is meant to change something."""
    if isinstance(step, Submit):
        return step.method not in SAFE or step.session
    return isinstance(step, Tell) or (isinstance(step, Call) and step.method not in SAFE)


def typed(step: Step) -> tuple[Marker, ...]:
    """The markers a step brings in."""
    if isinstance(step, Submit):
        return tuple(entry.marker for entry in step.entries if entry.marker)
    if isinstance(step, Tell):
        return typed(step.form) if step.form else (step.marker,)
    return step.markers if isinstance(step, Call) else ()


def _place(step: Step) -> Place | None:
    if isinstance(step, Tell):
        return step.form.place if step.form else None
    return None if isinstance(step, Call) else step.place


def needs(step: Step) -> Iterator[Marker]:
    """The markers whose things a step goes to, or waits for."""
    if isinstance(step, Submit | Call):
        yield from step.near
    if isinstance(step, Visit) and step.until is not None:
        yield step.until
    place = _place(step)
    while place is not None:
        yield from place.near
        place = place.via


def landings(step: Step) -> Iterator[int]:
    """The earlier steps whose ending a step goes to."""
    place = _place(step)
    while place is not None:
        if place.landing is not None:
            yield place.landing
        place = place.via


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The frozen workload. `host` is the Host header under which the app answers."""

    host: str
    steps: tuple[Step, ...]
    pages: int = 0
    forms: int = 0
    routes_exercised: tuple[str, ...] = ()
    routes_known: tuple[str, ...] = ()
    #: Why parts of the app were not reached.
    missed: tuple[str, ...] = ()
    #: Steps that take too long to be played again and again.
    slow: frozenset[int] = frozenset()

    @property
    def quick(self) -> tuple[int, ...]:
        """The steps a trial plays."""
        return tuple(index for index in range(len(self.steps)) if index not in self.slow)


def witness(plan: Plan, write: int, read: int) -> tuple[int, ...]:
    """The fewest steps that could show a loss: become known, look, make what the read goes to, write, read."""
    chosen = {write, read, *landings(plan.steps[write]), *landings(plan.steps[read])}
    clients = {plan.steps[write].client, plan.steps[read].client}
    wanted = set(needs(plan.steps[read])) | set(needs(plan.steps[write]))
    before = [index for index in plan.quick if index < write and plan.steps[index] == plan.steps[read]]
    for index in plan.quick:
        step = plan.steps[index]
        if index >= read:
            break
        known = getattr(step, "session", False) and step.client in clients
        first = _sent_first(step, plan.steps[write]) or is_pressed(step, plan.steps[write])
        if known or first or wanted & set(typed(step)) or _awaits(step, plan.steps[write]):
            chosen.add(index)
    return tuple(sorted(_with_captures(plan, chosen | set(before[-2:]))))


def awaited(plan: Plan) -> dict[str, int]:
    """By label of the writes whose effects come in their own time, the step that waits for the last of them."""
    label_of = {marker: step.label for step in plan.steps for marker in typed(step)}
    waits = [(step.until, at) for at, step in enumerate(plan.steps) if isinstance(step, Visit)]
    return {label_of[until]: at for until, at in waits if until in label_of}


def _awaits(step: Step, write: Step) -> bool:
    """Whether it waits for what that write makes in its own time."""
    return isinstance(step, Visit) and step.until in typed(write)


def _sent_first(step: Step, again: Step) -> bool:
    """Whether `again` sends what `step` sent."""
    if not isinstance(step, Submit) or not isinstance(again, Submit) or not again.again or step.again:
        return False
    return (step.client, step.form_key) == (again.client, again.form_key)


def is_pressed(step: Step, refused: Step) -> bool:
    """Whether `step` sent what is `refused` in the end, and counts towards the limit."""
    if isinstance(step, Call) and isinstance(refused, Call):
        same = (step.client, step.label) == (refused.client, refused.label)
    elif isinstance(step, Submit) and isinstance(refused, Submit):
        same = (step.client, step.form_key) == (refused.client, refused.form_key)
    else:
        return False
    return same and refused.press is not None


def tries(plan: Plan, index: int) -> tuple[int, ...]:
    """The steps that led to the refusal a step is to meet; none where it is to meet none."""
    step = plan.steps[index]
    if press_of(step) not in (Press.REFUSED, Press.STILL):
        return ()
    before = [(at, each) for at, each in enumerate(plan.steps[:index]) if is_pressed(each, step)]
    return tuple(at for at, each in before if press_of(each))


def press_of(step: Step) -> Press | None:
    """Whether it is one of several in a row; None where it is not."""
    return step.press if isinstance(step, Submit | Call) else None


def sources(plan: Plan, index: int) -> tuple[int, ...]:
    """The earlier steps whose answers a step takes values from."""
    used = _texts(plan.steps[index])
    calls = [(at, step) for at, step in enumerate(plan.steps[:index]) if isinstance(step, Call)]
    return tuple(at for at, step in calls if any(f"{{{name}}}" in used for name in step.captures))


def _with_captures(plan: Plan, chosen: set[int]) -> set[int]:
    """The steps, and those before them whose answers they take values from, and what these take in turn."""
    for index in range(len(plan.steps) - 1, -1, -1):
        if index in chosen:
            chosen |= set(sources(plan, index))
    return chosen


def _texts(step: Step) -> str:
    """All that may hold the name of a captured value."""
    if not isinstance(step, Call):
        return ""
    return f"{step.path}{step.body}{step.headers}{step.text}{step.files}{step.expects}"
