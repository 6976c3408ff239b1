"""One app's way through the router: its dynos, their turn, and the requests that wait for one."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Protocol

from minipaas.limits import BACKLOG_PER_DYNO
from minipaas.model.dyno import DynoState
from minipaas.router.fault import Fault
from minipaas.router.slot import Backend, Slot
from minipaas.router.table import Go, decide


class Waiter(Protocol):
    """A request held back until something about its app changes."""

    def ask_again(self) -> None:
        """Something changed."""


class AppRoute:
    """What the control plane tells the router of one app.

    `on_wake` is called when a request finds all web dynos idle. `error_page_url` and `maintenance_page_url` are
    the app's ERROR_PAGE_URL and MAINTENANCE_PAGE_URL.
    """

    def __init__(self, app: str, pick: Callable[["AppRoute", float, Collection[str]], Slot | None]) -> None:
        self.app = app
        #: Whether the app is told that clients come by TLS.
        self.https = False
        self.error_page_url: str | None = None
        self.maintenance_page_url: str | None = None
        self.on_wake: Callable[[], None] = lambda: None
        #: Requests between arrival and end, whichever dyno has them or none.
        self.in_flight_total = 0
        #: Those that take requests, in turn: the first is next.
        self.ring: deque[Slot] = deque()
        self.waiting: dict[Waiter, None] = {}
        self._pick = pick
        self._slots: dict[str, Slot] = {}
        self._states: Mapping[str, DynoState] = {}
        self._maintenance = False
        self._deployed = True
        self.gate: Go | Fault = Go.WAIT
        self._changed()

    @property
    def maintenance(self) -> bool:
        """Every request is answered with H80."""
        return self._maintenance

    @maintenance.setter
    def maintenance(self, on: bool) -> None:
        self._maintenance = on
        self._changed()

    @property
    def deployed(self) -> bool:
        """False until the first release: every request is answered with H81."""
        return self._deployed

    @deployed.setter
    def deployed(self, yes: bool) -> None:
        self._deployed = yes
        self._changed()

    def set_dynos(self, states: Mapping[str, DynoState]) -> None:
        """Tell the states of all web dynos by name; an empty mapping means web=0."""
        self._states = dict(states)
        self._changed()

    def add(self, backend: Backend) -> None:
        """Let a dyno take requests from now on; those that wait go on at once."""
        slot = Slot(backend)
        self._slots[backend.life] = slot
        self.ring.append(slot)
        self._changed()

    def drain(self, life: str) -> Awaitable[None]:
        """Give a dyno no new request; the result is done once it has none in flight (tunnels do not count)."""
        slot = self._slots.get(life)
        if slot is None:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done
        drained = slot.drain()
        self._leave_ring(slot)
        return drained

    def remove(self, life: str) -> None:
        """Forget a dyno that ended; requests still with it end as its sockets do."""
        slot = self._slots.pop(life, None)
        if slot is not None:
            slot.forget()
            self._leave_ring(slot)

    def in_flight(self, life: str) -> int:
        """Requests a dyno has now, tunnels not counted; 0 for one that is not known."""
        slot = self._slots.get(life)
        return slot.in_flight if slot is not None else 0

    def pick(self, now: float, tried: Collection[str] = ()) -> Slot | None:
        """The dyno whose turn it is, but for quarantined ones and those already tried; `now` is monotonic."""
        return self._pick(self, now, tried)

    def backlog_full(self) -> bool:
        """Whether one request more is too many (H11)."""
        return self.in_flight_total >= BACKLOG_PER_DYNO * max(1, len(self.ring))

    def quarantine_ends_at(self) -> float:
        """When the first of the quarantined dynos may be asked again, monotonic."""
        return min((slot.quarantined_until for slot in self.ring), default=0.0)

    def close(self) -> None:
        """Close the idle connections to every dyno, and answer what waits as for an app without dynos."""
        for life in list(self._slots):
            self.remove(life)
        self.set_dynos({})

    def _leave_ring(self, slot: Slot) -> None:
        if slot in self.ring:
            self.ring.remove(slot)
        self._changed()

    def _changed(self) -> None:
        self.gate = decide(
            maintenance=self._maintenance,
            deployed=self._deployed,
            states=self._states,
            ready=len(self.ring),
        )
        for waiter in list(self.waiting):
            waiter.ask_again()


def round_robin(route: AppRoute, now: float, tried: Collection[str]) -> Slot | None:
    """Each dyno in turn: what minipaas does by default, and Heroku does not."""
    ring = route.ring
    for _ in range(len(ring)):
        slot = ring[0]
        ring.rotate(-1)
        if slot.quarantined_until <= now and slot.backend.life not in tried:
            return slot
    return None


def at_random(rng: random.Random) -> Callable[[AppRoute, float, Collection[str]], Slot | None]:
    """Any dyno, as Heroku's router picks."""

    def pick(route: AppRoute, now: float, tried: Collection[str]) -> Slot | None:
        able = [slot for slot in route.ring if slot.quarantined_until <= now and slot.backend.life not in tried]
        return rng.choice(able) if able else None

    return pick
