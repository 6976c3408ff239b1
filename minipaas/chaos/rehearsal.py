"""Writes played again on dynos that can be taken away by hand, and the pages watched for what comes of them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from minipaas.chaos.effects import Line, Looks, seen
from minipaas.chaos.effort import Tail, cpu_seconds
from minipaas.chaos.fleet import Fleet
from minipaas.chaos.history import History
from minipaas.chaos.lab import Lab, LabDyno
from minipaas.chaos.plan import Plan, Step
from minipaas.chaos.play import Outcome, Player
from minipaas.chaos.residue import Quiet
from minipaas.chaos.scenes import Copy
from minipaas.chaos.trial import CALM
from minipaas.model.verdict import TimelineEvent

#: What an access log takes to be written.
_LOGGED_S = 0.25


class Stage(Fleet):
    """One web dyno and a worker of each type; nothing happens to them but by these methods."""

    def __init__(self, lab: Lab, tell: Callable[[TimelineEvent], None]) -> None:
        super().__init__(lab, CALM, tell)
        self._more: list[LabDyno] = []

    async def __aenter__(self) -> "Stage":
        await super().__aenter__()
        return self

    @property
    def workers(self) -> tuple[LabDyno, ...]:
        """The dynos of other process types."""
        return tuple(self._others)

    async def kill_web(self) -> None:
        """Sudden death of the web dyno; another comes up.

        Raises:
            NotUp: the other does not come up.
        """
        self._event(self.web, "kill", "SIGKILL right after an answer")
        await self._lab.kill(self._web[0])
        self._web[0] = await self._boot(1)

    @property
    def all_web(self) -> tuple[LabDyno, ...]:
        """The web dynos that live."""
        return (self._web[0], *self._more)

    async def add_web(self, count: int) -> tuple[LabDyno, ...]:
        """More web dynos; requests still go to the first alone. All web dynos there are now."""
        more = await asyncio.gather(*(self._boot(number + 2) for number in range(count)))
        self._leaving += more
        self._more += more
        return self.all_web

    async def end_workers(self) -> None:
        """No worker runs any more."""
        old, self._others = self._others, []
        await asyncio.gather(*map(self._lab.kill, old))

    async def replace_workers(self, *, kill: bool, patience_s: float) -> None:
        """End all workers at once; as on Heroku their successors start before they are gone."""
        old, self._others = self._others, []
        for worker in old:
            self._event(worker, "kill" if kill else "stop", "SIGKILL" if kill else "SIGTERM")
            if worker.process is not None and not kill:
                worker.process.terminate()
        ending = [asyncio.ensure_future(self._end(worker, 0.0 if kill else patience_s)) for worker in old]
        try:
            for worker in old:
                self._others.append(await self._lab.boot(1, process_type=worker.name.partition(".")[0]))
        finally:
            await asyncio.gather(*ending)

    async def _end(self, worker: LabDyno, patience_s: float) -> None:
        assert worker.exited is not None
        await asyncio.wait({worker.exited}, timeout=patience_s)
        await self._lab.kill(worker)


@dataclass(slots=True)
class Performance:
    """One write as it was played. `taken` says whether it was acknowledged."""

    copy: Copy
    taken: bool = False
    at_s: float = 0.0
    looks: Looks = field(default_factory=Looks)


class Rehearsal:
    """Plays copies of scenes on one stage, as one user. Use as `async with`."""

    def __init__(self, plan: Plan, stage: Stage, lab: Lab, *, timeout_s: float) -> None:
        self.stage = stage
        self.history = History("rehearsal")
        self._clock = lab.clock
        self._player = Player(plan.host, stage, self.history, timeout_s=timeout_s)

    async def __aenter__(self) -> "Rehearsal":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._player.close()

    async def do(self, steps: Sequence[tuple[int, Step]]) -> list[Outcome]:
        """Play steps in order."""
        return [await self._player.do(number, step) for number, step in steps]

    async def perform(self, copy: Copy) -> Performance:
        """Play the write; what goes before it was played already."""
        number, step = copy.write
        outcome = await self._player.do(number, step)
        sent = [each for each in self.history.exchanges if each.step == number and not each.is_read]
        answer = sent[-1] if sent else outcome.exchange
        taken = answer is not None and 0 < answer.status < 400
        return Performance(copy, taken, self._clock.monotonic())

    async def look(self, performance: Performance, *, written: bool = False) -> None:
        """Look at the pages where an effect would show.

        Args:
            written: something else was written since the last look.
        """
        lines: set[Line] = set()
        after = self._clock.monotonic() - performance.at_s
        for outcome in await self.do(performance.copy.reads):
            exchange = outcome.exchange
            if exchange is not None and 0 < exchange.status < 400:
                lines |= seen(exchange.pattern, exchange.lines, performance.copy.own)
        performance.looks.add(after, frozenset(lines), written=written)

    async def watch(
        self, performances: Sequence[Performance], done: Callable[[], bool], *, at_most_s: float, every_s: float = 0.4
    ) -> None:
        """Look again and again until `done` or the time is over."""
        began = self._clock.monotonic()
        while self._clock.monotonic() - began < at_most_s:
            await self._clock.sleep(every_s)
            for performance in performances:
                await self.look(performance)
            if done():
                return

    async def quiet(self, window_s: float, dynos: Sequence[LabDyno] = ()) -> Quiet:
        """Ask nothing, and see what the web dynos do; lines about the last answer are left out."""
        watched = dynos or (self.stage.web,)
        before = sum(map(cpu_seconds, watched))
        logged = min(_LOGGED_S, window_s / 2)
        await self._clock.sleep(logged)
        tails = [Tail(dyno) for dyno in watched]
        await self._clock.sleep(window_s - logged)
        used = max(sum(map(cpu_seconds, watched)) - before, 0.0)
        return Quiet(window_s=window_s, cpu_s=used, lines=tuple(line for tail in tails for line in tail.new()))
