"""A dyno's place in the formation: feeds the state machine and carries out what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from minipaas.clock import Timer
from minipaas.formation import words
from minipaas.formation.backoff import cool_off_s, cycle_after_s
from minipaas.formation.cells import Cells
from minipaas.formation.kit import Kit, Run
from minipaas.formation.life import Life
from minipaas.formation.machine import Action, Event, step
from minipaas.limits import CRASH_RESET_S
from minipaas.model.dyno import DynoName, DynoState, Size
from minipaas.runtime.base import DynoProcess


class Slot:
    """`web.1`, whatever process fills it.

    Args:
        run: what the current release means for a dyno that starts now.
        changed: called after each change of state.
    """

    def __init__(
        self,
        kit: Kit,
        cells: Cells,
        name: DynoName,
        size: Size,
        run: Callable[[], Run],
        changed: Callable[[], None],
    ) -> None:
        self.name = name
        self.size = size
        self.state = DynoState.DOWN
        self.since = kit.clock.now()
        self.life: Life | None = None
        self.release = 0
        #: Seconds from launch to up of the newest life that came up.
        self.boot_s: float | None = None
        self._kit = kit
        self._cells = cells
        self._run = run
        self._changed = changed
        self._lives: set[Life] = set()
        self._crashes = 0
        self._timers: list[Timer] = []
        self._wanted_host: str | None = None
        self._avoid: tuple[str, ...] = ()
        #: With preboot: the life that serves until the newest one takes over.
        self._elder: Life | None = None
        self._handover: Timer | None = None

    @property
    def process(self) -> DynoProcess | None:
        """What fills it now."""
        return self.life.process if self.life is not None else None

    @property
    def settled(self) -> bool:
        """Up, down, or crashed and cooling off; a first crash is followed by another start at once."""
        at_once = self.state is DynoState.CRASHED and cool_off_s(self._crashes) == 0
        return self.state is not DynoState.STARTING and not at_once

    def start(self) -> None:
        """Fill the place."""
        self._meet(Event.START)

    def stop(self) -> None:
        """Empty the place; its last life ends in its own time."""
        self._retire_elder()
        self._meet(Event.STOP)

    def restart(self, word: str | None = words.RESTARTING) -> None:
        """Give the place a new life, the old one ends beside it. An idle dyno needs none."""
        if word is not None and self.state in (DynoState.UP, DynoState.STARTING):
            self._kit.say(self.name, word)
        self._meet(Event.START if self.state is DynoState.DOWN else Event.RESTART)

    def preboot(self) -> None:
        """Give the place a new life, and let the one that serves now go on until the new one is to take over."""
        if self.state is DynoState.UP and self._elder is None:
            self._elder = self.life
        if self._elder is not None:
            self._await_handover()
        self.restart()

    def relocate(self, host: str | None = None) -> None:
        """Restart on another host, or on the one that is named."""
        before = self.life.host.name if self.life is not None else ""
        target = self._cells.enter(host) if host is not None else self._cells.place((before,))
        self._cells.leave(target)
        if before:
            self._kit.say(self.name, words.relocating(before, target.name))
        self._wanted_host = target.name
        self.restart()

    def leave(self, host: str) -> None:
        """Restart on another host, if it stands on this one."""
        if self.life is not None and self.life.host.name == host:
            self.relocate()

    def crash(self) -> bool:
        """Sudden death of the processes, as of any other cause; whether there were some."""
        if self.process is None or self.state not in (DynoState.UP, DynoState.STARTING):
            return False
        self.process.kill()
        return True

    def host_failed(self, host: str) -> None:
        """What stood there is gone at once, and comes up elsewhere."""
        for life in [each for each in self._lives if each.host.name == host and each is not self.life]:
            life.lose()
        if self.life is None or self.life.host.name != host:
            return
        if self.state in (DynoState.UP, DynoState.STARTING):
            self._kit.say(self.name, words.host_lost(host))
        self._avoid = (host,)
        self._meet(Event.HOST_FAILED)
        self._avoid = ()

    def idle(self) -> None:
        """Put an eco dyno to sleep."""
        if self.state is DynoState.UP:
            self._kit.say(self.name, words.IDLING)
            self._retire_elder()
            self._meet(Event.IDLED)

    def wake(self) -> None:
        """A request has come for a sleeping app."""
        if self.state is DynoState.IDLE:
            self._kit.say(self.name, words.UNIDLING)
            self._meet(Event.WOKEN)

    def kill(self) -> None:
        """SIGKILL to every life; the place is given up."""
        self._forget_timers()
        self._forget_elder()
        for life in list(self._lives):
            life.kill(tell=False)

    def quota_vastly_exceeded(self) -> None:
        """R15: the newest life is killed, which is a crash."""
        if self.life is not None:
            self._kit.say(self.name, words.R15)
            self.life.kill()

    async def over(self) -> None:
        """Wait until no life is left."""
        for life in list(self._lives):
            await life.over()

    def _heard(self, life: Life, event: Event) -> None:
        """A retired life's news changes nothing here."""
        if life is self.life:
            self._meet(event)

    def _left(self, life: Life) -> None:
        self._lives.discard(life)
        self._cells.leave(life.host)
        if life is self._elder:
            self._hand_over()

    def _meet(self, event: Event) -> None:
        before = self.state
        self.state, actions = step(before, event)
        if self.state is not before:
            now = self._kit.clock.now()
            self.boot_s = now - self.since if self.state is DynoState.UP else None
            self.since = now
            self._forget_timers()
            self._kit.say(self.name, words.changed(before, self.state))
        for action in actions:
            self._ACTS[action](self)
        self._changed()

    def _launch(self) -> None:
        self._forget_timers()
        host = self._cells.enter(self._wanted_host) if self._wanted_host else self._cells.place(self._avoid)
        self._wanted_host = None
        run = self._run()
        self.release = run.version
        self.life = Life(self._kit, self.name, host, self.size, self._heard, self._left)
        self._lives.add(self.life)
        self.life.begin(run)

    def _retire(self) -> None:
        assert self.life is not None
        if self.life is not self._elder:
            self.life.retire()
        self.life = None

    def _kill(self) -> None:
        assert self.life is not None
        self.life.kill()

    def _lose(self) -> None:
        assert self.life is not None
        self.life.lose()
        self.life = None

    def _serve(self) -> None:
        assert self.life is not None
        if self.name.type == "web" and (self._elder is None or self._handover is None):
            self._hand_over()
        later = self._kit.clock.call_later
        cycle = cycle_after_s(self._kit.limits, self._kit.rng.random())
        self._timers += [later(CRASH_RESET_S, self._pardon), later(cycle, self._cycle)]

    def _await_handover(self) -> None:
        if self._handover is not None:
            self._handover.cancel()
        self._handover = self._kit.clock.call_later(self._kit.limits.preboot_s, self._time_for_handover)

    def _time_for_handover(self) -> None:
        """A new life that is not up yet takes over when it is."""
        self._handover = None
        if self.state is DynoState.UP:
            self._hand_over()

    def _hand_over(self) -> None:
        """The newest life serves, if it is up; the one before it ends."""
        if self.life is not None and self.state is DynoState.UP:
            self.life.serve()
        self._retire_elder()

    def _retire_elder(self) -> None:
        elder = self._forget_elder()
        if elder is not None and elder in self._lives:
            elder.retire()

    def _forget_elder(self) -> Life | None:
        elder, self._elder = self._elder, None
        if self._handover is not None:
            self._handover.cancel()
            self._handover = None
        return elder

    def _cycle(self) -> None:
        self.restart(words.CYCLING)

    def _count_crash(self) -> None:
        self.life = None
        self._crashes += 1
        delay = cool_off_s(self._crashes)
        if delay:
            self._kit.say(self.name, words.cooling_off(delay))
        self._timers.append(self._kit.clock.call_later(delay, lambda: self._meet(Event.COOLED_OFF)))

    def _pardon(self) -> None:
        self._crashes = 0

    def _forget_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    _ACTS: ClassVar[dict[Action, Callable[[Slot], None]]] = {
        Action.LAUNCH: _launch,
        Action.RETIRE: _retire,
        Action.KILL: _kill,
        Action.LOSE: _lose,
        Action.SERVE: _serve,
        Action.COUNT_CRASH: _count_crash,
        Action.PARDON: _pardon,
    }
