"""What is drawn of a timeline, as values: a panel for each trial, a lane for each dyno and client. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite

from minipaas.model.verdict import TimelineEvent

#: A lane with one of these is a client's.
_OF_CLIENTS = frozenset({"request", "loss"})
#: A lane that holds nothing but faults is not drawn: they stand across all lanes.
_FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Span:
    """A state of a dyno that lasts: `starting`, `up`, or `stopping`, beside which the next process may start."""

    state: str
    begin: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One dyno or client. `marks` are what is drawn as points: requests and losses, kills and failed exits."""

    name: str
    is_client: bool
    spans: tuple[Span, ...]
    marks: tuple[TimelineEvent, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One trial, from its first event to its last, in seconds since the run began."""

    trial: str
    begin: float
    end: float
    lanes: tuple[Lane, ...]
    faults: tuple[TimelineEvent, ...]

    @property
    def losses(self) -> tuple[TimelineEvent, ...]:
        """Reads that missed what was written."""
        return tuple(mark for lane in self.lanes for mark in lane.marks if mark.kind == "loss")

    @property
    def requests(self) -> int:
        """How many were sent, losses included."""
        return sum(len(lane.marks) for lane in self.lanes if lane.is_client)

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(not mark.ok for lane in self.lanes if lane.is_client for mark in lane.marks if mark.kind != "loss")


def panels(timeline: Sequence[TimelineEvent]) -> tuple[Panel, ...]:
    """In the order the trials began; events of one trial need not stand together."""
    drawable = sorted((event for event in timeline if isfinite(event.at_s)), key=lambda event: event.at_s)
    order = {trial: at for at, trial in enumerate(dict.fromkeys(event.trial for event in drawable))}
    grouped = groupby(sorted(drawable, key=lambda event: order[event.trial]), key=lambda event: event.trial)
    return tuple(_panel(trial, tuple(events)) for trial, events in grouped)


def _panel(trial: str, events: tuple[TimelineEvent, ...]) -> Panel:
    begin = events[0].at_s
    end = max(max(event.at_s, event.until_s or event.at_s) for event in events)
    end = end if isfinite(end) and end > begin else begin + 1
    names = dict.fromkeys(event.lane for event in events if event.kind != _FAULT)
    lanes = [_lane(name, [event for event in events if event.lane == name], end) for name in names]
    faults = tuple(event for event in events if event.kind == _FAULT)
    return Panel(
        trial=trial,
        begin=begin,
        end=end,
        lanes=tuple(sorted(lanes, key=lambda lane: (lane.is_client, lane.name))),
        faults=faults or tuple(event for event in events if event.kind in ("stop", "kill")),
    )


def _lane(name: str, events: list[TimelineEvent], end: float) -> Lane:
    if any(event.kind in _OF_CLIENTS for event in events):
        marks = tuple(event for event in events if event.kind != _FAULT)
        return Lane(name, True, (), marks)
    marks = tuple(event for event in events if event.kind == "kill" or (event.kind == "exit" and not event.ok))
    return Lane(name, False, tuple(_spans(events, end)), marks)


def _spans(events: Iterable[TimelineEvent], end: float) -> list[Span]:
    """States from what happened. At a restart the old process stops while the new one starts, under one name."""
    spans: list[Span] = []
    living: tuple[str, TimelineEvent] | None = None
    ending: TimelineEvent | None = None

    def close(state: str, event: TimelineEvent, at_s: float) -> None:
        spans.append(Span(state, event.at_s, max(at_s, event.at_s), event.text))

    for event in events:
        match event.kind:
            case "boot" | "up":
                if living:
                    close(*living, event.at_s)
                living = ("starting" if event.kind == "boot" else "up", event)
            case "stop":
                # The replacement may have begun at this same moment; then it is the one before that stops.
                starts_now = living is not None and living[0] == "starting" and living[1].at_s == event.at_s
                if living and not starts_now:
                    close(*living, event.at_s)
                    living = None
                ending = event
            case "exit" | "kill":
                if ending:
                    close("stopping", ending, event.at_s)
                elif living:
                    close(*living, event.at_s)
                    living = None
                ending = None
        if event.until_s is not None and event.kind in ("boot", "up", "stop"):
            if ending is event:
                close("stopping", event, event.until_s)
                ending = None
            elif living and living[1] is event:
                close(*living, event.until_s)
                living = None
    if ending:
        close("stopping", ending, end)
    if living:
        close(*living, end)
    return spans
