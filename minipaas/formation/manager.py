"""The dyno manager of one app: keeps as many dynos of each process type as the formation says."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from minipaas.formation.cells import Cells
from minipaas.formation.kit import Kit, Run
from minipaas.formation.memory import MemoryWatch, Watched
from minipaas.formation.slot import Slot
from minipaas.model.app import FormationEntry
from minipaas.model.dyno import DynoName

if TYPE_CHECKING:
    from minipaas.formation.oneoff import OneOff
    from minipaas.formation.oneoffs import OneOffs
    from minipaas.formation.selector import Selector


class DynoManager:
    """Starts, stops and restarts the dynos of one app.

    Args:
        changed: called after any dyno changed its state.
    """

    def __init__(self, kit: Kit, cells: Cells, changed: Callable[[], None] = lambda: None) -> None:
        self.slots: dict[DynoName, Slot] = {}
        self._kit = kit
        self._cells = cells
        self._changed = changed
        self._run: Run | None = None
        self._formation: Mapping[str, FormationEntry] = {}
        self._news = asyncio.Event()
        self._stopping: set[Slot] = set()
        self._one_offs: OneOffs | None = None
        self._memory = MemoryWatch(kit, self.living)

    @property
    def one_offs(self) -> "OneOffs":
        """The dynos outside the formation; what runs them is loaded with the first."""
        if self._one_offs is None:
            from minipaas.formation.oneoffs import OneOffs  # noqa: PLC0415

            self._one_offs = OneOffs(self._kit, self._cells, self._changed)
        return self._one_offs

    @property
    def aside(self) -> "Mapping[DynoName, OneOff]":
        """The one-off dynos there are now."""
        return self._one_offs.living if self._one_offs is not None else {}

    def living(self) -> list[Watched]:
        """All dynos, of the formation and not, whether they have a process now or not."""
        return [*self.slots.values(), *self.aside.values()]

    def release(self, run: Run, formation: Mapping[str, FormationEntry], *, preboot: bool = False) -> None:
        """Run this release from now on: dynos that live are restarted on it, missing ones started, others stopped.

        With `preboot` the web dynos of before go on serving until their successors have had time to come up.
        """
        living = list(self.slots.values())
        self._run = run
        self.scale(formation)
        for slot in living:
            if slot.name in self.slots:
                slot.preboot() if preboot and slot.name.type == "web" else slot.restart()
        self._memory.begin()

    def scale(self, formation: Mapping[str, FormationEntry]) -> None:
        """Start and stop only what is added or removed; a changed size restarts the dynos of that type."""
        assert self._run is not None, "nothing is released yet"
        self._formation = formation
        wanted = {
            DynoName(type_, number): entry.size
            for type_, entry in formation.items()
            if type_ in self._run.commands
            for number in range(1, entry.quantity + 1)
        }
        for name in [name for name in self.slots if name not in wanted]:
            self._give_up(self.slots.pop(name))
        for name, size in wanted.items():
            slot = self.slots.get(name)
            if slot is None:
                self.slots[name] = slot = Slot(self._kit, self._cells, name, size, self._current, self._on_change)
                slot.start()
            elif slot.size is not size:
                slot.size = size
                slot.restart()
        self._on_change()

    @property
    def released(self) -> bool:
        """Whether there is a release to run."""
        return self._run is not None

    def restart(self, selector: "Selector") -> list[DynoName]:
        """Restart those selected; their names. A one-off dyno that is named ends instead."""
        if one_offs := self._meant(selector):
            return _stopped(one_offs)
        return self._each(selector, Slot.restart)

    def relocate(self, selector: "Selector", host: str | None) -> list[DynoName]:
        """Restart those selected on another host, or on the one that is named."""
        if host is not None:
            self._cells.find(host)
        return self._each(selector, lambda slot: slot.relocate(host))

    def stop(self, selector: "Selector") -> list[DynoName]:
        """Stop those selected; as Heroku does, the formation brings them back at once (DC:dyno-restarts).

        One-off dynos do not come back.
        """
        if one_offs := self._meant(selector):
            return _stopped(one_offs)

        def stop_and_start(slot: Slot) -> None:
            slot.stop()
            slot.start()

        return self._each(selector, stop_and_start)

    def crash(self, selector: "Selector") -> list[DynoName]:
        """SIGKILL to the processes of those selected that have any; their names."""
        return [name for name in selector.pick(self._kit.app, self.slots) if self.slots[name].crash()]

    def host_failed(self, host: str) -> None:
        """All that stood on that host is gone."""
        for slot in [*self.slots.values(), *self._stopping]:
            slot.host_failed(host)
        if self._one_offs is not None:
            self._one_offs.host_failed(host)

    def host_drained(self, host: str) -> None:
        """All that stands on that host restarts on others; one-off dynos there run to their end."""
        for slot in self.slots.values():
            slot.leave(host)

    def wake(self) -> None:
        """A request has come for a sleeping app."""
        for slot in self.slots.values():
            slot.wake()

    def idle(self) -> None:
        """Put all dynos to sleep."""
        for slot in self.slots.values():
            slot.idle()

    async def settled(self) -> None:
        """Wait until every dyno is up, or has crashed for good."""
        while not all(slot.settled for slot in self.slots.values()):
            self._news.clear()
            await self._news.wait()

    async def shut_down(self) -> None:
        """Stop every dyno politely; returns when none is left."""
        self._memory.end()
        for name in list(self.slots):
            self._give_up(self.slots.pop(name))
        self._on_change()
        aside = [self._one_offs.shut_down()] if self._one_offs is not None else []
        await asyncio.gather(*aside, *(slot.over() for slot in list(self._stopping)))

    def kill(self) -> None:
        """SIGKILL to all that `shut_down` waits for, when the user will not wait."""
        for slot in self._stopping:
            slot.kill()
        if self._one_offs is not None:
            self._one_offs.kill()

    def _each(self, selector: "Selector", act: Callable[[Slot], None]) -> list[DynoName]:
        names = selector.pick(self._kit.app, self.slots)
        for name in names:
            act(self.slots[name])
        return names

    def _give_up(self, slot: Slot) -> None:
        slot.stop()
        self._stopping.add(slot)
        self._kit.tasks.start(self._until_over(slot))

    async def _until_over(self, slot: Slot) -> None:
        await slot.over()
        self._stopping.discard(slot)

    def _current(self) -> Run:
        assert self._run is not None
        return self._run

    def _meant(self, selector: "Selector") -> "list[OneOff]":
        """The one-off dynos meant by name or type; who means all dynos means the formation."""
        wanted = (selector.dyno, selector.process_type)
        return [self.aside[name] for name in sorted(self.aside) if name in wanted or name.type in wanted]

    def _on_change(self) -> None:
        self._kit.route.set_dynos({str(n): s.state for n, s in self.slots.items() if n.type == "web"})
        self._changed()
        self._news.set()


def _stopped(one_offs: "list[OneOff]") -> list[DynoName]:
    for one_off in one_offs:
        one_off.stop()
    return [one_off.name for one_off in one_offs]
