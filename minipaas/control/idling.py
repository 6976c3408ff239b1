"""Eco dynos sleep after half an hour without a request (heroku.com/blog/app_sleeping_on_heroku)."""

from collections.abc import Callable, Mapping

from minipaas.clock import Clock, Timer
from minipaas.limits import ECO_IDLE_S
from minipaas.model.app import FormationEntry

ECO = "Eco"


def sleeps(formation: Mapping[str, FormationEntry]) -> bool:
    """Whether an app's dynos idle: it has eco web dynos. An app of eco workers alone never sleeps."""
    web = formation.get("web")
    return web is not None and web.quantity > 0 and web.size.name == ECO


class Idling:
    """Calls `idle` once no request has come for half an hour."""

    def __init__(self, clock: Clock, idle: Callable[[], None]) -> None:
        self._clock = clock
        self._idle = idle
        self._timer: Timer | None = None
        self._last = clock.monotonic()

    def follow(self, formation: Mapping[str, FormationEntry]) -> None:
        """Watch, or stop watching, as the formation says."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if sleeps(formation):
            self.touch()
            self._look_in(ECO_IDLE_S)

    def touch(self) -> None:
        """A request has come."""
        self._last = self._clock.monotonic()

    def _look_in(self, delay_s: float) -> None:
        self._timer = self._clock.call_later(delay_s, self._look)

    def _look(self) -> None:
        left = self._last + ECO_IDLE_S - self._clock.monotonic()
        if left > 0:
            self._look_in(left)
            return
        self._idle()
        self._look_in(ECO_IDLE_S)
