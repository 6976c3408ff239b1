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
    """At a restart the old process and the new one live side by side, under one name.

    The newest is drawn as starting or up; `_leaving` counts those it replaced that nothing has stopped yet.
    """

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._leaving = 0
        self._living: tuple[str, float, str] | None = None
        self._ending: tuple[float, str] | None = None

    def see(self, event: TimelineEvent) -> None:
        if event.kind == "boot":
            self._leaving += self._living is not None
            self._begin("starting", event.at_s, event.text)
            if event.until_s is not None:
                self._booted(event, event.until_s)
        elif event.kind == "up":
            self._begin("up", event.at_s, event.text)
            if event.until_s is not None:
                self.close_living(event.until_s)
        elif event.kind == "stop":
            self._stop(event)
        elif event.kind in ("exit", "kill"):
            self._end(event.at_s)

    def close_living(self, at_s: float) -> None:
        if self._living:
            state, begin, text = self._living
            self._add(state, begin, at_s, text)
        self._living = None

    def close_ending(self, at_s: float) -> None:
        if self._ending:
            begin, text = self._ending
            self._add("stopping", begin, at_s, text)
        self._ending = None

    def _begin(self, state: str, at_s: float, text: str) -> None:
        self.close_living(at_s)
        self._living = (state, at_s, text)

    def _booted(self, event: TimelineEvent, until_s: float) -> None:
        """A boot that says when it was over: what came of it needs no event of its own."""
        self.close_living(until_s)
        if event.ok:
            self._living = ("up", until_s, event.text)

    def _stop(self, event: TimelineEvent) -> None:
        if self._leaving:
            self._leaving -= 1
        else:
            self.close_living(event.at_s)
        self.close_ending(event.at_s)
        self._ending = (event.at_s, event.text)
        if event.until_s is not None:
            self.close_ending(event.until_s)

    def _end(self, at_s: float) -> None:
        if self._ending:
            self.close_ending(at_s)
        elif self._leaving:
            self._leaving -= 1
        else:
            self.close_living(at_s)

    def _add(self, state: str, begin: float, end: float, text: str) -> None:
        if end > begin:
            self.spans.append(Span(state, begin, end, text))
