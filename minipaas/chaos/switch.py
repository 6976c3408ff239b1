"""The router of a lab: by it the apps of one lab ask each other, and see no more of each other than a URL."""

import random
from typing import Any

from minipaas.chaos.lab import LabDyno
from minipaas.chaos.reach import Passed
from minipaas.clock import Clock
from minipaas.limits import Limits
from minipaas.model.dyno import DynoState
from minipaas.model.request import RequestRecord
from minipaas.router.har_entry import entry
from minipaas.router.route import AppRoute
from minipaas.router.router import Router
from minipaas.router.slot import Backend
from minipaas.router.tape import Tape

_ADDRESS = "127.0.0.1"
#: Requests that are kept to see what came by; a plan makes a few hundred at most.
_MOST_PASSED = 20_000


class Switch:
    """The platform's own router with a port for each app; `passed` is what went through it since `forget`."""

    def __init__(self, clock: Clock) -> None:
        self.passed: list[Passed] = []
        self._urls: dict[str, str] = {}
        self._router = Router(
            limits=Limits(),
            clock=clock,
            on_records=lambda _records: None,
            rng=random.Random(),
            keep=self._keep,
        )

    async def add(self, app: str) -> "LabRoute":
        """Give an app a port; its requests wait there for a dyno.

        Raises:
            PortTaken: no port is to be had.
        """
        route = self._router.add_app(app)
        route.https = True
        self._urls[app] = f"http://{_ADDRESS}:{await self._router.listen_app(app, _ADDRESS, 0)}/"
        await self._router.open()
        return LabRoute(route)

    def url(self, app: str) -> str:
        """Where other apps find it."""
        return self._urls[app]

    def forget(self) -> None:
        """Begin a new record of what passes."""
        self.passed.clear()

    async def close(self) -> None:
        """Cut what is left."""
        await self._router.close(0.0)

    def _keep(self, tape: Tape, record: RequestRecord) -> None:
        if len(self.passed) < _MOST_PASSED:
            self.passed.append(_passed(tape, record))


class LabRoute:
    """One app's place in the switch, told by its lab what its web dynos do."""

    def __init__(self, route: AppRoute) -> None:
        self._route = route
        self._states: dict[str, DynoState] = {}

    def starts(self, dyno: LabDyno) -> None:
        """Requests wait for it."""
        self._tell(dyno, DynoState.STARTING)

    def serves(self, dyno: LabDyno) -> None:
        """Requests may go to it."""
        self._tell(dyno, DynoState.UP)
        self._route.add(Backend(dyno=dyno.name, life=dyno.id, address=dyno.host.address, port=dyno.port))

    def leaves(self, dyno: LabDyno) -> None:
        """No new requests: it is told to stop."""
        self._states.pop(dyno.id, None)
        self._route.drain(dyno.id)
        self._route.set_dynos(self._states)

    def is_gone(self, dyno: LabDyno) -> None:
        """It has ended."""
        self._states.pop(dyno.id, None)
        self._route.remove(dyno.id)
        self._route.set_dynos(self._states)

    def _tell(self, dyno: LabDyno, state: DynoState) -> None:
        self._states[dyno.id] = state
        self._route.set_dynos(self._states)


def _passed(tape: Tape, record: RequestRecord) -> Passed:
    """The exchange with its bodies as text; `har_entry` knows how they are framed and packed."""
    told: dict[str, Any] = entry(tape, record)
    return Passed(
        app=record.app,
        method=record.method,
        path=record.path,
        status=record.status or 0,
        asked=told["request"].get("postData", {}).get("text", "").encode(),
        answered=told["response"]["content"].get("text", "").encode(),
    )
