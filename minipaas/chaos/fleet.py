"""The dynos of one trial: which of them answers next, and their fate at each phase."""

import asyncio
import random
from collections.abc import Callable, Mapping
from pathlib import Path

from minipaas.chaos.disks import evidence, fingerprints
from minipaas.chaos.history import FileEvidence
from minipaas.chaos.keeper import SharedDisk
from minipaas.chaos.lab import Lab, LabDyno, NotUp
from minipaas.chaos.trial import Kind, Phase, Trial
from minipaas.clock import Clock
from minipaas.model.verdict import TimelineEvent
from minipaas.runtime.base import Bind

#: Python reads sitecustomize from here, Node requires pin.js: see pins/README.md.
PINS = Path(__file__).parent / "pins"
#: A pause is this much longer than the slowest of the last boots.
_SOMEWHAT_LONGER, _LAST_BOOTS = 1.2, 10
_PINS_AT = "/minipaas-pins"


class Fleet:
    """Use as `async with`. Workers run beside the web dynos and are left alone."""

    def __init__(self, lab: Lab, trial: Trial, tell: Callable[[TimelineEvent], None] = lambda _event: None) -> None:
        self.trial = trial
        self.faults = 0
        #: Before the name of a fault, where several apps might have it.
        self._whose = ""
        self._lab = lab
        self._tell = tell
        self._disk: SharedDisk | None = None
        self._web: list[LabDyno] = []
        self._others: list[LabDyno] = []
        self._turn = 0
        self._chance = random.Random(trial.draw)
        self.began_s = lab.clock.monotonic()
        self._stopping: set[asyncio.Task[object]] = set()
        self._leaving: list[LabDyno] = []
        self._at_boot: dict[str, frozenset[tuple[str, int]]] = {}
        self.files: list[FileEvidence] = []

    async def __aenter__(self) -> "Fleet":
        if self.trial.keeps_disk:
            self._disk = self._lab.shared_disk()
        count = 2 if self.trial.several else 1
        try:
            self._web = list(await asyncio.gather(*(self._boot(number + 1) for number in range(count))))
            for process_type in self._lab.specimen.commands:
                if process_type not in ("web", "release"):
                    worker = await self._lab.boot(1, process_type=process_type)
                    self._others.append(worker)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    @property
    def web(self) -> LabDyno:
        """The first web dyno that lives now."""
        return self._web[0]

    @property
    def webs(self) -> tuple[LabDyno, ...]:
        """All that requests may go to."""
        return tuple(self._web)

    @property
    def clock(self) -> Clock:
        """The lab's."""
        return self._lab.clock

    @property
    def has_workers(self) -> bool:
        """Whether dynos of other process types run beside the web dynos."""
        return bool(self._others)

    def next(self) -> LabDyno:
        """Who answers the next request: two dynos take turns."""
        self._turn += 1
        if self.trial.draw and len(self._web) > 1:
            return self._chance.choice(self._web)
        return self._web[self._turn % len(self._web)]

    async def pause(self) -> None:
        """Wait as long as a replacement takes, where there is none: what passes by itself is no loss."""
        if self.trial.several or self.trial.kind is Kind.CALM:
            await self._lab.clock.sleep(_SOMEWHAT_LONGER * max(self._lab.boots[-_LAST_BOOTS:], default=1.0) + 0.3)

    async def reach(self, phase: Phase, step: str) -> None:
        """A phase is reached; the dyno is replaced if the trial says so.

        Raises:
            NotUp: its replacement does not come up.
        """
        if self.trial.several or self.trial.kind is Kind.CALM or phase not in self.trial.phases:
            return
        if self.trial.draw and self._chance.random() >= self.trial.chance:
            return
        self.faults += 1
        old = self._web[0]
        self._event(old, "fault", f"{self._whose}{self.trial.kind} {phase} of {step}")
        self._leaving.append(old)
        if self._disk is not None:
            # Two lives on one disk would be a trial of its own: the old one ends first.
            await self._stop(old)
            self._web[0] = await self._boot(1)
            return
        self._web[0] = await self._replacement(old)
        self._look_at_disk(old)
        self._stopping.add(asyncio.ensure_future(self._stop(old)))

    async def _stop(self, dyno: LabDyno) -> None:
        at = self._now()
        await self._lab.stop(dyno)
        self._tell(
            TimelineEvent(
                at_s=at, lane=dyno.name, kind="stop", text="SIGTERM", until_s=self._now(), trial=self.trial.name
            )
        )

    async def _boot(self, number: int) -> LabDyno:
        at = self._now()
        dyno = await self._boot_as_heroku(number)
        if dyno.process is not None and dyno.disk is None:
            self._at_boot[dyno.id] = frozenset(fingerprints(dyno.process.writes()))
        self._tell(
            TimelineEvent(
                at_s=at,
                lane=dyno.name,
                kind="boot",
                text=f"on host {dyno.host.name}",
                until_s=self._now(),
                trial=self.trial.name,
            )
        )
        return dyno

    async def _replacement(self, old: LabDyno) -> LabDyno:
        """Up before the old one is told to stop; an app that cannot run twice gets it after."""
        try:
            return await self._boot(1)
        except NotUp:
            await self._stop(old)
            return await self._boot(1)

    async def _boot_as_heroku(self, number: int) -> LabDyno:
        """A first crash is followed by another start at once: two that boot together may trip over each other."""
        extra, binds = self._pins() if self.trial.pinned else ({}, ())
        try:
            return await self._lab.boot(number, disk=self._disk, extra=extra, binds=binds)
        except NotUp as not_up:
            if not_up.exit is None:
                raise
            return await self._lab.boot(number, disk=self._disk, extra=extra, binds=binds)

    def _pins(self) -> tuple[Mapping[str, str], tuple[Bind, ...]]:
        config = self._lab.specimen.config
        node = f"--require {_PINS_AT}/pin.cjs {config.get('NODE_OPTIONS', '')}".strip()
        path = ":".join(part for part in (_PINS_AT, config.get("PYTHONPATH", "")) if part)
        return {"PYTHONPATH": path, "NODE_OPTIONS": node}, (Bind(PINS, _PINS_AT),)

    def _look_at_disk(self, dyno: LabDyno) -> None:
        """What requests left there: evidence, never a verdict."""
        if dyno.process is not None and dyno.disk is None:
            self.files += evidence(dyno.process.writes(), self._at_boot.get(dyno.id, frozenset()))

    def inspect(self) -> list[FileEvidence]:
        """Look at the disks of the web dynos that live; all that was found so far."""
        for dyno in self._web:
            self._look_at_disk(dyno)
        return self.files

    def _event(self, dyno: LabDyno, kind: str, text: str) -> None:
        self._tell(TimelineEvent(at_s=self._now(), lane=dyno.name, kind=kind, text=text, trial=self.trial.name))

    def _now(self) -> float:
        return self._lab.clock.monotonic() - self.began_s

    async def _close(self) -> None:
        mine = (*self._web, *self._others, *self._leaving)
        await asyncio.gather(*(self._lab.kill(dyno) for dyno in mine), return_exceptions=True)
        await asyncio.gather(*self._stopping, return_exceptions=True)
        if self._disk is not None:
            self._disk.drop()
