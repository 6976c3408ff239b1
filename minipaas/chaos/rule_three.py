"""Rule three: long work belongs to a worker. What requests cost, and what goes on when they are answered."""

import contextlib
import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

from minipaas.chaos.after_answer import AfterAnswer
from minipaas.chaos.discover import Discovery
from minipaas.chaos.history import Exchange, History
from minipaas.chaos.lab import Lab, NotUp
from minipaas.chaos.page import url_pattern
from minipaas.chaos.plan import Step, Submit, Visit, witness
from minipaas.chaos.prepare import source_texts
from minipaas.chaos.queues import MANIFESTS, queue_findings
from minipaas.chaos.rehearsal import Rehearsal, Stage
from minipaas.chaos.scenes import Scene, copy_of, scenes
from minipaas.chaos.service_times import (
    Route,
    confirmed,
    is_certain,
    is_waiting,
    over_budget,
    slow_route,
    sluggish,
    suspects,
)
from minipaas.chaos.streams import watch_stream
from minipaas.chaos.visitor import Visitor
from minipaas.limits import Limits
from minipaas.model.platform_file import Rules
from minipaas.model.verdict import Finding, TimelineEvent

Tell = Callable[[TimelineEvent], None]
Reset = Callable[[], Awaitable[None]]

#: Routes of one kind that are examined; further ones say nothing new.
_MOST_ROUTES = 4
#: How often a sluggish route is asked again.
_SAMPLES = 6
#: Longer than Heroku waits for a first byte.
_ANSWER_S = 31.0


async def examine_three(
    lab: Lab,
    discovery: Discovery,
    histories: Sequence[History],
    budgets: Rules,
    specimen_source: Path,
    *,
    reset: Reset | None,
    tell: Tell,
    out_of_time: Callable[[], bool],
) -> tuple[Finding, ...]:
    """The findings of rule three; see `RuleThree`."""
    seen = (discovery.history, *histories)
    three = RuleThree(lab, discovery, seen, budgets, specimen_source, reset=reset, tell=tell, out_of_time=out_of_time)
    return await three.run()


class RuleThree:
    """The experiment.

    Args:
        histories: calm plays, whose service times count; the discovery's among them.
        source: the app's folder: its manifests name queues, its source says whether waiting may be worth while.
        reset: brings backing services back before each stage; None when there are none.
        out_of_time: asked between parts; True ends with what is known.
    """

    def __init__(
        self,
        lab: Lab,
        discovery: Discovery,
        histories: Sequence[History],
        budgets: Rules,
        source: Path,
        *,
        reset: Reset | None,
        tell: Tell,
        out_of_time: Callable[[], bool],
    ) -> None:
        self.limits = Limits()
        self._lab = lab
        self._plan = discovery.plan
        self._histories = histories
        self._budgets = budgets
        self._source = source
        self._reset = reset
        self._tell = tell
        self._out_of_time = out_of_time
        self._copies = itertools.count()

    async def run(self) -> tuple[Finding, ...]:
        """Look, measure, judge. A dyno that does not come up again ends a part: rule two tells of that."""
        texts = source_texts(self._source)
        found = list(queue_findings(self._manifests(), texts, self._lab.specimen.commands))
        after = AfterAnswer(self._lab, self._plan, self._stage, self._copies, texts, self._out_of_time)
        for part in (self._over_budget, self._sluggish, after.run):
            if self._out_of_time():
                break
            with contextlib.suppress(NotUp):
                found += [finding async for finding in part()]
        return tuple(found)

    def _manifests(self) -> dict[str, str]:
        paths = [self._source / name for name in MANIFESTS]
        return {path.name: path.read_text(errors="replace") for path in paths if path.is_file()}

    @contextlib.asynccontextmanager
    async def _stage(self) -> AsyncIterator[Rehearsal]:
        if self._reset is not None:
            await self._reset()
        async with (
            Stage(self._lab, self._tell) as stage,
            Rehearsal(self._plan, stage, self._lab, timeout_s=_ANSWER_S) as rehearsal,
        ):
            yield rehearsal

    # Service times.

    async def _over_budget(self) -> AsyncIterator[Finding]:
        for route in suspects(self._histories, self._budgets)[:_MOST_ROUTES]:
            if self._out_of_time() and not is_certain(route, self._budgets):
                continue
            if route.label.startswith("GET ") and await self._waits(route):
                continue
            repeats = () if is_certain(route, self._budgets) else await self._repeat(route, 2, fresh=True)
            if all(each > self._budgets.request_s for each in repeats or ()) and (repeats or self._is_plain(route)):
                yield over_budget(route, repeats or (), self._budgets, self.limits)

    def _is_plain(self, route: Route) -> bool:
        """Whether what was seen once is enough, where it cannot be repeated: no busy machine makes a request wait
        until the router gives up."""
        return is_certain(route, self._budgets) or max(route.times) >= self.limits.first_byte_s

    async def _sluggish(self) -> AsyncIterator[Finding]:
        for route in sluggish(self._histories, self._budgets)[:_MOST_ROUTES]:
            again = await self._repeat(route, _SAMPLES, fresh=False)
            if confirmed(again, self._budgets):
                yield slow_route(route, again, self._budgets)

    async def _repeat(self, route: Route, times: int, *, fresh: bool) -> tuple[float, ...]:
        """Ask for it again by itself; seconds of each. Nothing when the plan has no step that does.

        Args:
            fresh: each time on a dyno that has just booted; else on one, whose first answer is left out.
        """
        index = self._step_of(route)
        if index is None:
            return ()
        taken: list[float] = []
        for _ in range(times if fresh else 1):
            async with self._stage() as rehearsal:
                await self._awake(rehearsal)
                for turn in range(1 if fresh else times + 1):
                    one = await self._once(rehearsal, index, route, prepare=turn == 0)
                    taken += one if fresh or turn else []
        return tuple(taken)

    async def _awake(self, rehearsal: Rehearsal) -> None:
        """Until it answers, if only that there is no such path: what it loads meanwhile is its boot's."""
        async with Visitor(rehearsal.stage.web, self._plan.host, timeout_s=_ANSWER_S) as visitor:
            await visitor.get("/zq-awake")

    async def _once(self, rehearsal: Rehearsal, index: int, route: Route, *, prepare: bool) -> list[float]:
        before = tuple(each for each in witness(self._plan, index, index) if each < index)
        copy = copy_of(self._plan, Scene(index, before, ()), next(self._copies))
        if prepare:
            await rehearsal.do(copy.before)
        await rehearsal.do((copy.write,))
        of_step = [each for each in rehearsal.history.exchanges if each.step == copy.write[0]]
        return (
            [max(each.service_s for each in of_step if _label(each) == route.label)] if _has(of_step, route) else []
        )

    def _step_of(self, route: Route) -> int | None:
        named = [index for index, step in enumerate(self._plan.steps) if _step_label(step) == route.label]
        # In the calm plays a step's number is its place in the plan.
        led = [
            each.step for history in self._histories[1:] for each in history.exchanges if _label(each) == route.label
        ]
        return next(iter((*named, *led)), None)

    async def _waits(self, route: Route) -> bool:
        """Whether a slow GET waits for news, twice: watched open, alone and then while others write."""
        return await self._waits_once(route) and await self._waits_once(route)

    async def _waits_once(self, route: Route) -> bool:
        over = route.over(self._budgets.request_s)
        index = self._step_of(route)
        written = scenes(self._plan, 2)
        async with self._stage() as rehearsal:
            if index is not None:
                before = tuple(each for each in witness(self._plan, index, index) if each < index)
                await rehearsal.do(copy_of(self._plan, Scene(index, before, ()), next(self._copies)).before)

            async def write() -> None:
                for scene in written:
                    copy = copy_of(self._plan, scene, next(self._copies))
                    await rehearsal.do((*copy.before, copy.write))

            stream = await watch_stream(
                rehearsal.stage.web,
                self._plan.host,
                over[0].path,
                usual_s=min(each.service_s for each in over),
                write=write if written else None,
            )
        return stream is not None and is_waiting(stream, self._budgets)


def _label(exchange: Exchange) -> str:
    return f"{exchange.method} {exchange.pattern}"


def _has(exchanges: Sequence[Exchange], route: Route) -> bool:
    return any(_label(each) == route.label for each in exchanges)


def _step_label(step: Step) -> str:
    if isinstance(step, Visit):
        return f"GET {url_pattern(step.place.path) if step.place.path else step.place.pattern}"
    return step.label if isinstance(step, Submit) else re.sub(r"\{\w+\}", "*", step.label)
