"""R14 and R15: samples what dynos use, and kills those that use vastly more than their quota."""

import asyncio
from collections.abc import Callable, Sequence

from minipaas.formation import words
from minipaas.formation.kit import Kit
from minipaas.formation.slot import Slot
from minipaas.limits import MEMORY_SAMPLE_S, R15_FACTOR

#: Small formations are looked at more often than R14 is told: a leak is then caught before the machine suffers.
SAMPLE_EACH_S = 0.1
SAMPLE_MIN_S = 2.0


class MemoryWatch:
    """Looks at every living dyno, again and again.

    Args:
        living: the slots that have a process.
    """

    def __init__(self, kit: Kit, living: Callable[[], Sequence[Slot]]) -> None:
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
            living = self._living()
            for slot in living:
                self._look_at(slot)
            known = {slot.life.id for slot in living if slot.life is not None}
            self._told = {life: at for life, at in self._told.items() if life in known}

    def _look_at(self, slot: Slot) -> None:
        life = slot.life
        if life is None or life.process is None:
            return
        used = life.process.memory().used_bytes
        if used <= slot.size.memory_bytes:
            return
        vastly = used > R15_FACTOR * slot.size.memory_bytes
        now = self._kit.clock.monotonic()
        if not vastly and now - self._told.get(life.id, -MEMORY_SAMPLE_S) < MEMORY_SAMPLE_S:
            return
        self._told[life.id] = now
        self._kit.say(slot.name, words.memory_use(used, slot.size))
        if vastly:
            slot.quota_vastly_exceeded()
        else:
            self._kit.say(slot.name, words.R14)
