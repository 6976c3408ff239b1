"""What is drawn of a timeline, as values: a panel for each trial, a lane for each dyno and client. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite

from minipaas.model.verdict import TimelineEvent
from minipaas.report.page.spans import Span, spans

#: A lane with one of these is a client's.
_OF_CLIENTS = frozenset({"request", "loss"})
#: A lane that holds nothing but faults is not drawn: they stand across all lanes.
_FAULT = "fault"


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
    return Lane(name, False, spans(events, end), marks)
