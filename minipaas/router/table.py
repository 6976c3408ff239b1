"""Who serves a request: which app a host means, and what an app's state says before a dyno is picked.

The order of the questions is Heroku's (its error atoms in vegur): maintenance, never deployed, no web dynos, all
crashed, still booting or asleep, then the pick.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Generic, TypeVar

from minipaas.model.dyno import DynoState
from minipaas.router.fault import H10, H14, H80, H81, Fault

T = TypeVar("T")


class Go(Enum):
    """What to do with a request when no fault ends it."""

    SERVE = auto()
    #: A dyno is booting: hold the request until one takes it, or H20.
    WAIT = auto()
    #: All are asleep: wake them, then as WAIT.
    WAKE = auto()


def decide(*, maintenance: bool, deployed: bool, states: Mapping[str, DynoState], ready: int) -> Go | Fault:
    """What happens to a request now; `ready` counts dynos that take requests, `states` has all web dynos."""
    if maintenance:
        return H80
    if not deployed:
        return H81
    if ready:
        return Go.SERVE
    living = [state for state in states.values() if state is not DynoState.DOWN]
    if not living:
        return H14
    if all(state is DynoState.CRASHED for state in living):
        return H10
    if any(state in (DynoState.STARTING, DynoState.UP) for state in living):
        return Go.WAIT
    return Go.WAKE


class Hosts(Generic[T]):
    """Apps by host: an exact host that was registered, or else the app that the first label names."""

    def __init__(self) -> None:
        self._apps: dict[str, T] = {}
        self._exact: dict[str, T] = {}

    def add(self, app: str, route: T, hosts: tuple[str, ...] = ()) -> None:
        """Make an app known under its name and these hosts (lower case, no port)."""
        self._apps[app] = route
        self._exact.update(dict.fromkeys(hosts, route))

    def remove(self, app: str) -> T | None:
        """Forget an app and its hosts."""
        gone = self._apps.pop(app, None)
        for host in [host for host, route in self._exact.items() if route is gone]:
            del self._exact[host]
        return gone

    def find(self, name: str) -> T | None:
        """The app for a host as `head.lookup_name` gives it."""
        return self._exact.get(name) or self._apps.get(name.partition(".")[0])

    def named(self, app: str) -> T | None:
        """The app of exactly that name."""
        return self._apps.get(app)

    def all(self) -> list[T]:
        """Every app's route."""
        return list(self._apps.values())
