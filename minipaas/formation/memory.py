"""R14 and R15: samples what dynos use, and kills those that use vastly more than their quota."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from minipaas.formation import words
from minipaas.formation.kit import Kit
from minipaas.limits import MEMORY_SAMPLE_S, R15_FACTOR
from minipaas.model.dyno import DynoName, Size
from minipaas.runtime.base import DynoProcess

#: Small formations are looked at more often than R14 is told: a leak is then caught before the machine suffers.
SAMPLE_EACH_S = 0.1
SAMPLE_MIN_S = 2.0


class Watched(Protocol):
    """A dyno, of the formation or not, as far as its memory goes."""

    @property
    def name(self) -> DynoName:
        """`web.1`."""

    @property
    def size(self) -> Size:
        """Its quota."""

    @property
    def process(self) -> DynoProcess | None:
        """What uses it now."""

    def quota_vastly_exceeded(self) -> None:
        """R15."""


class MemoryWatch:
    """Looks at every living dyno, again and again.

    Args:
        living: all dynos.
    """

    def __init__(self, kit: Kit, living: Callable[[], Sequence[Watched]]) -> None:
        self._kit = kit
        self._living = living
        self._task: asyncio.Task[None] | None = None
        self._told: dict[str, float] = {}

    def begin(self) -> None:
        """Start looking; a second call changes nothing."""
        if self._task is None:
            self._task = self._kit.tasks.start(self._watch())

    def end(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _watch(self) -> None:
        while True:
            interval = min(MEMORY_SAMPLE_S, max(SAMPLE_MIN_S, SAMPLE_EACH_S * len(self._living())))
            await self._kit.clock.sleep(interval)
            for dyno in self._living():
                if dyno.process is not None:
                    self._look_at(dyno, dyno.process)
            known = {dyno.process.id for dyno in self._living() if dyno.process is not None}
            self._told = {life: at for life, at in self._told.items() if life in known}

    def _look_at(self, dyno: Watched, process: DynoProcess) -> None:
        used = process.memory().used_bytes
        if used <= dyno.size.memory_bytes:
            return
        vastly = used > R15_FACTOR * dyno.size.memory_bytes
        now = self._kit.clock.monotonic()
        if not vastly and now - self._told.get(process.id, -MEMORY_SAMPLE_S) < MEMORY_SAMPLE_S:
            return
        self._told[process.id] = now
        self._kit.say(dyno.name, words.memory_use(used, dyno.size))
        if vastly:
            dyno.quota_vastly_exceeded()
        else:
            self._kit.say(dyno.name, words.R14)
