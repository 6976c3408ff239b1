"""The dynos of one trial where several apps use each other: one app has the trial's faults, the others are calm."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from minipaas.chaos.fleet import Fleet
from minipaas.chaos.lab import Lab, LabDyno, NotUp
from minipaas.chaos.lanes import Tell
from minipaas.chaos.trial import CALM, Trial
from minipaas.model.verdict import TimelineEvent


class NeighbourDown(NotUp):
    """An app that the judged one uses did not come up: nothing of the judged one is known by that."""

    def __init__(self, app: str, not_up: NotUp) -> None:
        super().__init__(not_up.dyno, not_up.exit, not_up.listeners)
        self.app = app


class Neighbours:
    """Calm dynos of other apps. Use as `async with`.

    Args:
        order: what is started after what.
    """

    def __init__(self, labs: Mapping[str, Lab], order: Sequence[Sequence[str]], tell: Tell) -> None:
        self._order = order
        self._fleets = {app: Fleet(lab, CALM, _named(app, tell)) for app, lab in labs.items()}
        self._up: list[Fleet] = []

    async def __aenter__(self) -> "Neighbours":
        try:
            for level in self._order:
                await self.start(level)
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def next_of(self, app: str) -> LabDyno:
        """Who answers the app's next request."""
        return self._fleets[app].next()

    @property
    def have_workers(self) -> bool:
        """Whether one of them has dynos beside its web dynos."""
        return any(fleet.has_workers for fleet in self._up)

    async def start(self, apps: Sequence[str]) -> None:
        """Boot those of them that are neighbours.

        Raises:
            NeighbourDown: one does not come up.
        """
        mine = [app for app in apps if app in self._fleets]
        # None may still be booting when the failure of another is told.
        booted = await asyncio.gather(*(self._start(app) for app in mine), return_exceptions=True)
        for failure in booted:
            if isinstance(failure, BaseException):
                raise failure

    async def _start(self, app: str) -> None:
        try:
            self._up.append(await self._fleets[app].__aenter__())
        except NotUp as not_up:
            raise NeighbourDown(app, not_up) from not_up

    async def stop(self) -> None:
        """End them all."""
        up, self._up = self._up, []
        await asyncio.gather(*(fleet.__aexit__() for fleet in up))


class Ensemble(Fleet):
    """The dynos of the app at fault, and calm ones of its neighbours.

    Args:
        app: the one at fault.
        entry: the app that users ask.
        labs: of all apps that take part.
        order: what is started after what.
    """

    def __init__(
        self,
        app: str,
        entry: str,
        labs: Mapping[str, Lab],
        order: Sequence[Sequence[str]],
        trial: Trial,
        tell: Tell,
    ) -> None:
        super().__init__(labs[app], trial, tell)
        self._app = app
        self._entry = entry
        self._order = order
        self._whose = f"{app}: "
        others = {name: lab for name, lab in labs.items() if name != app}
        self._neighbours = Neighbours(others, (), tell)

    async def __aenter__(self) -> "Ensemble":
        try:
            for level in self._order:
                await self._neighbours.start(level)
                if self._app in level:
                    await super().__aenter__()
        except BaseException:
            await self._close()
            raise
        return self

    def next(self) -> LabDyno:
        """Who answers the next request of a user."""
        return super().next() if self._entry == self._app else self._neighbours.next_of(self._entry)

    @property
    def has_workers(self) -> bool:
        """Whether any app works on when it has answered."""
        return super().has_workers or self._neighbours.have_workers

    async def _close(self) -> None:
        await asyncio.gather(super()._close(), self._neighbours.stop())


def _named(app: str, tell: Tell) -> Tell:
    """Events of a neighbour's dynos, in lanes that are told from those of the app at fault."""

    def told(event: TimelineEvent) -> None:
        tell(replace(event, lane=f"{app}/{event.lane}"))

    return told
