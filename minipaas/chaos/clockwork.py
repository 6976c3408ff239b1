"""Work by the clock in web dynos: seen while nobody asks, told by comparing one idle web dyno with three."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager

from minipaas.chaos.effort import settled
from minipaas.chaos.lab import Lab
from minipaas.chaos.plan import Place, Plan, Visit
from minipaas.chaos.rehearsal import Rehearsal
from minipaas.chaos.residue import (
    Quiet,
    counted,
    growth,
    joined,
    multiplied,
    numbers,
    periodic,
    scheduler_finding,
)
from minipaas.chaos.scenes import copy_of, scenes
from minipaas.chaos.visitor import pages
from minipaas.model.verdict import Finding

#: How long an idle dyno is watched; longer where the source has something that repeats itself.
_IDLE_S, _LOOP_S, _SCHEDULER_S = 1.5, 3.0, 12.0
#: The shortest and the longest time one dyno is compared with three for.
_LEAST_S, _MOST_S = 2.0, 13.0
_SCHEDULERS = re.compile(
    r"apscheduler|BackgroundScheduler|AsyncIOScheduler|schedule\.every|repeat_every|rocketry|"
    r"""["'](?:node-cron|cron|node-schedule|agenda|toad-scheduler|bree)["']"""
)
_LOOPS = re.compile(r"setInterval\(|while True\b|while \(true\)|Timer\(")
_MOST_PAGES = 4
_MOST_WRITES = 2

Stages = Callable[[], AbstractAsyncContextManager[Rehearsal]]


class Clockwork:
    """Watches for what repeats itself on the stage others play on, and compares when there is something.

    Args:
        text: the app's source; it only says how long waiting may be worth while.
    """

    def __init__(self, lab: Lab, plan: Plan, stage: Stages, copies: Iterator[int], text: str) -> None:
        self._clock = lab.clock
        self._plan = plan
        self._stage = stage
        self._copies = copies
        self._patience_s = _LOOP_S if _LOOPS.search(text) else _IDLE_S
        if _SCHEDULERS.search(text):
            self._patience_s = _SCHEDULER_S
        self._client = plan.steps[0].client if plan.steps else "alice"
        self._window_s = 0.0
        self._seen: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self._since = 0.0

    async def idle(self, rehearsal: Rehearsal) -> Quiet:
        """What an idle dyno does before anything is written."""
        await self._pages(rehearsal)
        await settled(rehearsal.stage.web, self._clock, at_least_s=0.25, at_most_s=3.0)
        quiet = await rehearsal.quiet(_IDLE_S)
        while quiet.window_s < self._patience_s and not periodic(counted(quiet.lines)):
            quiet = joined(quiet, await rehearsal.quiet(0.75))
        if periodic(counted(quiet.lines)):
            self._window_s = quiet.window_s * 1.25
        return quiet

    async def begin(self, rehearsal: Rehearsal) -> None:
        """Everything is written: note the numbers on the pages, twice, to know what a look itself adds."""
        self._seen = await self._pages(rehearsal), await self._pages(rehearsal)
        self._since = self._clock.monotonic()

    async def note(self, rehearsal: Rehearsal) -> None:
        """Look whether numbers have grown by themselves since, if none has yet."""
        if not self._window_s and growth(*self._seen, await self._pages(rehearsal)):
            self._window_s = 2 * (self._clock.monotonic() - self._since) + 1

    async def end(self, rehearsal: Rehearsal) -> None:
        """Go on looking for as long as that may be worth while."""
        await self.note(rehearsal)
        left = self._since + self._patience_s - self._clock.monotonic()
        while not self._window_s and left > 0:
            await self._clock.sleep(min(1.0, left))
            await self.note(rehearsal)
            left = self._since + self._patience_s - self._clock.monotonic()

    async def findings(self) -> AsyncIterator[Finding]:
        """Compare, twice, if anything repeated itself."""
        if not self._window_s:
            return
        window_s = min(max(_LEAST_S, self._window_s), _MOST_S)
        first = await self._compare(window_s)
        if not first:
            return
        second = await self._compare(window_s)
        for what, (one, three) in first.items():
            if what in second:
                yield scheduler_finding(what, one, three, window_s)
                return

    async def _compare(self, window_s: float) -> dict[str, tuple[float, float]]:
        """The same time with one idle web dyno and with three: what is multiplied."""
        async with self._stage() as rehearsal:
            for scene in scenes(self._plan, _MOST_WRITES):
                copy = copy_of(self._plan, scene, next(self._copies))
                await rehearsal.do((*copy.before, copy.write))
            await settled(rehearsal.stage.web, self._clock, at_least_s=0.5, at_most_s=3.0)
            one = await self._repeated(rehearsal, window_s)
            for dyno in await rehearsal.stage.add_web(2):
                await settled(dyno, self._clock, at_least_s=0.25, at_most_s=3.0)
            three = await self._repeated(rehearsal, window_s)
        return {what: (by_one, by_three) for what, by_one, by_three in multiplied(one, three)}

    async def _repeated(self, rehearsal: Rehearsal, window_s: float) -> Counter[str]:
        first, second = await self._pages(rehearsal), await self._pages(rehearsal)
        quiet = await rehearsal.quiet(window_s, rehearsal.stage.all_web)
        return counted(quiet.lines) + growth(first, second, await self._pages(rehearsal))

    async def _pages(self, rehearsal: Rehearsal) -> Counter[str]:
        paths = pages(self._plan, _MOST_PAGES)
        steps = [(-1 - at, Visit(client=self._client, place=Place(path=path))) for at, path in enumerate(paths)]
        found: Counter[str] = Counter()
        for outcome in await rehearsal.do(steps):
            if outcome.exchange is not None and outcome.exchange.status == 200:
                found.update(numbers(outcome.exchange.pattern, outcome.exchange.lines))
        return found
