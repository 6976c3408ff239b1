"""Rule two: quick to start, quick to stop. Cold boots, stops at rest and under load, sudden death."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from minipaas.chaos.boots import Boot, boot_findings
from minipaas.chaos.effort import commands, settled
from minipaas.chaos.lab import Lab, LabDyno, NotUp
from minipaas.chaos.measured import begun, failed, formation, process_type_of
from minipaas.chaos.plan import Plan
from minipaas.chaos.stops import InFlight, Stop, stop_findings
from minipaas.chaos.visitor import Held, Load, Request, Visitor, holdable, pages
from minipaas.limits import Limits
from minipaas.model.platform_file import Rules
from minipaas.model.verdict import Finding, TimelineEvent

Tell = Callable[[TimelineEvent], None]

#: What its events are told under.
COLD = "cold boots and stops"
#: The rest of a held request is sent this long after SIGTERM: an app that waits for nobody is gone by then.
_HELD_S = 0.7
#: The rest of a body that a server neither takes nor answers is given up after this time: no write of a plan that is
#: played takes longer. What it waits for then is not its user any more.
_TAKEN_S = 5.0
#: A stop that takes longer goes on by itself, while further dynos are tried.
_PATIENCE_S = 3.0
#: How long a page may be an error after boot before it is taken for one that always is.
_GAP_S = 6.0
_BETWEEN_TRIES_S = 0.05
#: A page that takes this long can be in flight when SIGTERM comes.
_SLOW_PAGE_S = 0.3
_MOST_PAGES = 6
#: The first answer is waited for as Heroku's router does; one that took longer than this is compared with a second.
_FIRST_ANSWER_S, _WAITED_S = 30.0, 0.5
#: A boot longer than this, and so many times longer than the CPU time it took, mostly waits.
_LONG_BOOT_S, _WORK = 4.0, 4.0
#: What a process without a port is given to show that it lives, and to install its signal handlers.
_WORKER_S, _WORKER_MOST_S = 1.0, 5.0


@dataclass(slots=True)
class TwoResult:
    """What was measured, and what is wrong with it."""

    findings: tuple[Finding, ...] = ()
    boots: list[Boot] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    kills: int = 0
    requests: int = 0


async def examine_two(
    lab: Lab,
    plan: Plan | None,
    budgets: Rules,
    *,
    tell: Tell,
    out_of_time: Callable[[], bool],
    limits: Limits | None = None,
) -> tuple[Finding, ...]:
    """The findings of rule two; see `RuleTwo`."""
    result = await RuleTwo(lab, plan, budgets, tell=tell, out_of_time=out_of_time, limits=limits).run()
    return result.findings


def not_up_findings(lab: Lab, not_up: NotUp, limits: Limits | None = None) -> tuple[Finding, ...]:
    """Of an app that did not come up at all: R10 with the port it bound instead, or H10 with its last words."""
    boot = failed(lab, not_up, lab.clock.monotonic())
    return tuple(boot_findings((boot,), Rules(), limits or Limits(), scaled=True))


class RuleTwo:
    """The experiment: for each process type six boots, five stops, one sudden death.

    Args:
        plan: where requests under load come from; None asks for the front page alone.
        limits: when Heroku itself would give up.
        out_of_time: asked between rounds; True ends with what is known.
    """

    def __init__(
        self,
        lab: Lab,
        plan: Plan | None,
        budgets: Rules,
        *,
        tell: Tell,
        out_of_time: Callable[[], bool],
        limits: Limits | None = None,
    ) -> None:
        self._lab = lab
        self._clock = lab.clock
        self._host = plan.host if plan else f"{lab.specimen.name}.localhost"
        self._pages = pages(plan, _MOST_PAGES)
        self._holdable = holdable(plan)
        self._budgets = budgets
        self._tell = tell
        self._out_of_time = out_of_time
        self._limits = limits or Limits()
        self._began = self._clock.monotonic()
        self._result = TwoResult()
        self._slow_page: str | None = None
        self._overdue: set[str] = set()
        self._alive: set[LabDyno] = set()
        self._late: set[asyncio.Task[None]] = set()

    async def run(self) -> TwoResult:
        """Boot, stop, judge.

        Raises:
            DynoProblem: nothing could be launched.
        """
        others = [each for each in self._lab.specimen.commands if each not in ("web", "release")]
        try:
            await _together(self._web(), self._others(others))
            await _together(*self._late)
        finally:
            for task in self._late:
                task.cancel()
            await asyncio.gather(*self._late, return_exceptions=True)
            await asyncio.gather(*map(self._lab.kill, list(self._alive)), return_exceptions=True)
        self._result.findings = tuple(self._findings(("web", *others)))
        return self._result

    def _findings(self, process_types: tuple[str, ...]) -> list[Finding]:
        scaled = formation(self._lab)
        found: list[Finding] = []
        for name in process_types:
            boots = [boot for boot in self._result.boots if boot.process_type == name]
            stops = [stop for stop in self._result.stops if stop.process_type == name]
            found += boot_findings(boots, self._budgets, self._limits, scaled=name == "web" or name in scaled)
            found += stop_findings(stops, self._budgets, self._limits)
        return found

    # The web process.

    async def _web(self) -> None:
        first, second = await _together(self._boot("web", 1, together=True), self._boot("web", 2, together=True))
        if first is None and second is None and not await self._comes_up_alone():
            return
        if first is not None:
            await self._find_slow_page(first)
        await _together(self._stop(first), self._stop(second, hold=True))
        if first is None or second is None:
            pair = await _together(self._boot("web", 1, together=True), self._boot("web", 2, together=True))
            await _together(*map(self._stop, pair))
        loaded = partial(self._round, load=True)
        rises = (partial(self._round, after_kill=True), partial(self._round, after_kill=True, hold=True))
        if self._sleeps_at_boot():
            await _together(self._in_time(loaded), self._in_time(self._sudden_death))
            await _together(*map(self._in_time, rises))
            return
        for each in (loaded, self._sudden_death, *rises):
            await self._in_time(each)

    async def _in_time(self, step: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if not self._out_of_time():
            await step()

    def _sleeps_at_boot(self) -> bool:
        """Whether boots take long and hardly work, so that some at a time do not slow each other down."""
        boots = [boot for boot in self._result.boots if boot.process_type == "web" and boot.bound_s is not None]
        return bool(boots) and all(boot.up_s > max(_LONG_BOOT_S, _WORK * boot.cpu_s) for boot in boots)

    async def _comes_up_alone(self) -> bool:
        """Not worth another minute where $PORT is never bound."""
        if any(not boot.crashed for boot in self._result.boots if boot.process_type == "web"):
            return False
        alone = await self._boot("web", 1)
        await self._stop(alone)
        return alone is not None

    async def _find_slow_page(self, dyno: LabDyno) -> None:
        async with Visitor(dyno, self._host) as visitor:
            for path in self._pages:
                answers = [await visitor.get(path) for _ in range(2)]
                self._result.requests += 2
                if all(answer.status and answer.took_s > _SLOW_PAGE_S for answer in answers):
                    self._slow_page = path
                    return

    async def _round(self, *, load: bool = False, hold: bool = False, after_kill: bool = False) -> None:
        dyno = await self._boot("web", 1, after_kill=after_kill)
        if dyno is None and after_kill:
            # A lock that lapses by itself is no fault: the platform tries again, too.
            dyno = await self._boot("web", 1, after_kill=True)
        await self._stop(dyno, load=load, hold=hold or load)

    async def _sudden_death(self) -> None:
        dyno = await self._boot("web", 1)
        if dyno is None:
            return
        async with Visitor(dyno, self._host) as visitor, Load(visitor, self._pages) as load:
            await self._clock.sleep(self._lab.rng.uniform(0.05, 0.5))
            await self._kill(dyno)
        self._result.requests += load.sent

    # Other process types.

    async def _others(self, names: list[str]) -> None:
        for name in names:
            await self._other(name)

    async def _other(self, name: str) -> None:
        pair = await _together(self._boot(name, 1, together=True), self._boot(name, 2, together=True))
        await _together(*map(self._stop, pair))
        if pair == [None, None]:
            return
        for _ in range(2):
            if not self._out_of_time():
                await self._stop(await self._boot(name, 1))
        dying = await self._start(name, 1)
        await self._clock.sleep(self._lab.rng.uniform(0.1, _WORKER_S))
        await self._kill(dying)
        again = await self._boot(name, 1, after_kill=True)
        await self._stop(again or await self._boot(name, 1, after_kill=True))

    # Booting.

    async def _boot(
        self, name: str, number: int, *, together: bool = False, after_kill: bool = False
    ) -> LabDyno | None:
        """Boot a dyno and note how; None when it did not come up."""
        at = self._clock.monotonic()
        try:
            dyno = await self._start(name, number)
        except NotUp as not_up:
            crash = failed(self._lab, not_up, at)
            self._note(replace(crash, together=together, after_kill=after_kill))
            return None
        boot = replace(begun(self._lab, dyno, at), together=together, after_kill=after_kill)
        self._note(await (self._answers(dyno, boot) if name == "web" else self._lives(dyno, boot)))
        return dyno if dyno in self._alive else None

    async def _start(self, name: str, number: int) -> LabDyno:
        dyno = await self._lab.boot(number, process_type=name)
        self._alive.add(dyno)
        return dyno

    async def _answers(self, dyno: LabDyno, boot: Boot) -> Boot:
        refused: list[str] = []
        answered = ready = None
        async with Visitor(dyno, self._host, timeout_s=_FIRST_ANSWER_S) as visitor:
            while self._age(dyno) - (dyno.boot_s or 0) < _GAP_S and dyno.alive:
                answer = await visitor.get(self._pages[0])
                self._result.requests += 1
                if 0 < answer.status < 500:
                    answered = self._age(dyno)
                    ready = answered - await self._usual(visitor, answer.took_s)
                    break
                refused.append(answer.error or str(answer.status))
                await self._clock.sleep(_BETWEEN_TRIES_S)
        cpu_s = dyno.process.cpu_s() if dyno.process else 0.0
        up = replace(boot, bound_s=dyno.boot_s, cpu_s=cpu_s, answered_s=answered, ready_s=ready)
        return await self._now(dyno, replace(up, refused=tuple(refused)))

    async def _usual(self, visitor: Visitor, first_s: float) -> float:
        """What the page takes by itself: a first answer that took long is asked for again."""
        if first_s < _WAITED_S:
            return first_s
        self._result.requests += 1
        return min(first_s, (await visitor.get(self._pages[0])).took_s)

    async def _lives(self, dyno: LabDyno, boot: Boot) -> Boot:
        await settled(dyno, self._clock, at_least_s=_WORKER_S, at_most_s=_WORKER_MOST_S)
        return await self._now(dyno, boot)

    async def _now(self, dyno: LabDyno, boot: Boot) -> Boot:
        lived, alive = self._age(dyno), dyno.alive
        status = None if alive else await self._ended(dyno)
        return replace(boot, exit_status=status, lived_s=lived, last_lines=dyno.last_lines())

    def _age(self, dyno: LabDyno) -> float:
        return self._clock.monotonic() - dyno.started_at

    async def _ended(self, dyno: LabDyno) -> int:
        """Its status; its place is cleared."""
        self._alive.discard(dyno)
        return (await self._lab.kill(dyno)).status

    def _note(self, boot: Boot) -> None:
        self._result.boots.append(boot)
        up = "did not come up" if boot.failed else f"up after {boot.up_s or boot.lived_s:.2f} s"
        until = boot.at_s + (boot.up_s or boot.lived_s)
        self._event(boot.dyno, "boot", up, boot.at_s, until, ok=not boot.failed)

    # Stopping.

    async def _stop(self, dyno: LabDyno | None, *, load: bool = False, hold: bool = False) -> None:
        """SIGTERM, and wait for the end for as long as that is news; a long wait goes on by itself."""
        if dyno is None:
            return
        stopping = asyncio.ensure_future(self._measure_stop(dyno, load=load, hold=hold))
        self._late.add(stopping)
        await asyncio.wait({stopping}, timeout=_PATIENCE_S + _HELD_S)
        if stopping.done():
            self._late.discard(stopping)
            stopping.result()
        else:
            self._overdue.add(process_type_of(dyno))

    async def _measure_stop(self, dyno: LabDyno, *, load: bool, hold: bool) -> None:
        async with AsyncExitStack() as stack:
            visitor = await stack.enter_async_context(Visitor(dyno, self._host))
            held = await self._hold(visitor) if hold else None
            if held is not None:
                stack.callback(held.close)
            if load and (held is None or not held.request.body):
                await stack.enter_async_context(Load(visitor, self._pages))
                await self._clock.sleep(0.2)
            await self._end(dyno, held)

    async def _hold(self, visitor: Visitor) -> Held | None:
        for step in self._holdable:
            request = await visitor.prepare(step)
            held = await visitor.hold(request) if request is not None else None
            if held is not None:
                return held
        if self._slow_page is None:
            return None
        return await visitor.hold(Request(f"GET {self._slow_page}", "GET", self._slow_page))

    async def _end(self, dyno: LabDyno, held: Held | None) -> None:
        """Send SIGTERM, let the request in flight end, wait until all processes are gone."""
        assert dyno.process is not None
        assert dyno.exited is not None
        limit = self._limits.exit_timeout_s
        if process_type_of(dyno) in self._overdue:
            limit = min(limit, _PATIENCE_S)
        at = counted_from = self._clock.monotonic()
        dyno.process.terminate()
        in_flight = None
        if held is not None:
            in_flight = await self._finish(held, limit)
            given_up = bool(held.request.body) and in_flight.ended_s - at > _TAKEN_S
            counted_from = in_flight.ended_s if given_up else min(at + _HELD_S, in_flight.ended_s)
        left = at + limit - self._clock.monotonic()
        await asyncio.wait({dyno.exited}, timeout=max(left, 0))
        now, in_time = self._clock.monotonic(), dyno.exited.done()
        survivors = () if in_time else commands(dyno)
        status = await self._ended(dyno)
        self._result.stops.append(
            Stop(
                dyno=dyno.name,
                process_type=process_type_of(dyno),
                at_s=at,
                took_s=max(now - counted_from, 0.0) if in_time else None,
                waited_s=now - at,
                exit_status=status,
                left=survivors,
                in_flight=in_flight,
                cut_short=not in_time and limit < self._limits.exit_timeout_s,
            )
        )
        text = f"SIGTERM, exit {status}" if in_time else f"SIGTERM ignored for {limit:g} s, SIGKILL"
        self._event(dyno.name, "stop", text, at, now, ok=in_time)

    async def _finish(self, held: Held, limit: float) -> InFlight:
        # A server that still waits, and then takes no more of a body, meant to be polite: such bodies are rare.
        gone = await held.answered_within(_HELD_S) if held.request.body else True
        answer = await held.finish(min(limit, _TAKEN_S) if held.request.body else limit)
        self._result.requests += 1
        return InFlight(
            label=held.request.label,
            began_s=held.began,
            ended_s=self._clock.monotonic(),
            outcome=answer.error or str(answer.status),
            lost=gone and answer.status == 0,
        )

    async def _kill(self, dyno: LabDyno) -> None:
        at = self._clock.monotonic()
        await self._ended(dyno)
        self._result.kills += 1
        self._event(dyno.name, "kill", "SIGKILL in the middle of work", at)

    def _event(
        self, lane: str, kind: str, text: str, at: float, until: float | None = None, *, ok: bool = True
    ) -> None:
        end = until - self._began if until is not None else None
        self._tell(
            TimelineEvent(at_s=at - self._began, lane=lane, kind=kind, text=text, until_s=end, trial=COLD, ok=ok)
        )


async def _together(*acts: "Coroutine[Any, Any, Any] | asyncio.Task[Any]") -> list[Any]:
    """All at once; the first failure ends the others, and is raised."""
    tasks = [asyncio.ensure_future(act) for act in acts]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
