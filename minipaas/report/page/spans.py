"""States of a dyno that last, from the events of its lane. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from minipaas.model.verdict import TimelineEvent


@dataclass(frozen=True, slots=True)
class Span:
    """A state of a dyno that lasts: `starting`, `up`, or `stopping`, beside which the next process may start."""

    state: str
    begin: float
    end: float
    text: str


def spans(events: Iterable[TimelineEvent], end: float) -> tuple[Span, ...]:
    """In the order they ended; what still lasts ends at `end`."""
    dyno = _Dyno()
    for event in events:
        dyno.see(event)
    dyno.close_ending(end)
    dyno.close_living(end)
    return tuple(dyno.spans)


class _Dyno:
    """At a restart the old process stops while the new one starts, under one name: two things at a time."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.living: tuple[str, TimelineEvent] | None = None
        self.ending: TimelineEvent | None = None

    def see(self, event: TimelineEvent) -> None:
        if event.kind in ("boot", "up"):
            self.close_living(event.at_s)
            self.living = ("starting" if event.kind == "boot" else "up", event)
        elif event.kind == "stop":
            self._stop(event)
        elif event.kind in ("exit", "kill"):
            self._end(event.at_s)
        if event.until_s is not None:
            self._last(event, event.until_s)

    def close_living(self, at_s: float) -> None:
        if self.living:
            self._close(*self.living, at_s)
        self.living = None

    def close_ending(self, at_s: float) -> None:
        if self.ending:
            self._close("stopping", self.ending, at_s)
        self.ending = None

    def _stop(self, event: TimelineEvent) -> None:
        # The replacement may have begun at this same moment; then it is the one before that stops.
        replaced = self.living is not None and self.living[0] == "starting" and self.living[1].at_s == event.at_s
        if not replaced:
            self.close_living(event.at_s)
        self.close_ending(event.at_s)
        self.ending = event

    def _end(self, at_s: float) -> None:
        if self.ending:
            self.close_ending(at_s)
        else:
            self.close_living(at_s)

    def _last(self, event: TimelineEvent, until_s: float) -> None:
        if event is self.ending:
            self.close_ending(until_s)
        elif self.living and event is self.living[1]:
            self.close_living(until_s)

    def _close(self, state: str, event: TimelineEvent, at_s: float) -> None:
        self.spans.append(Span(state, event.at_s, max(at_s, event.at_s), event.text))
