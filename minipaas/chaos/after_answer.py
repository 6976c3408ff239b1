"""What goes on when nobody asks: work after the answer, work that a death loses, work by the clock."""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from minipaas.chaos.clockwork import Clockwork, Stages
from minipaas.chaos.effects import Line, WorkerLoss, lost_with_the_web, lost_with_the_worker
from minipaas.chaos.effort import settled, threads
from minipaas.chaos.lab import Lab
from minipaas.chaos.plan import Plan
from minipaas.chaos.rehearsal import Performance, Rehearsal
from minipaas.chaos.residue import Quiet, residue_finding, works_on
from minipaas.chaos.scenes import Copy, Scene, copy_of, scenes
from minipaas.model.verdict import Finding

_MOST_WRITES = 4
_MOST_LATE = 2
#: Windows after an answer: a short one for each write, a longer one after all.
_SHORT_S, _LONG_S = 0.4, 1.5
#: How long effects are waited for: always, and where something says that one may come.
_LATE_S, _LATE_HINT_S, _LATE_REASON_S, _LATE_WORKER_S = 1.2, 3.0, 7.0, 10.0
_LATER = re.compile(
    r"BackgroundTask|create_task|ensure_future|run_in_executor|setTimeout\(|setImmediate\(|setInterval\(|call_later|"
    r"PoolExecutor|worker_threads|child_process|multiprocessing|subprocess|Timer\(|Thread\("
)
#: Which job of this length a stop meets is chance, and what becomes of it tells nothing.
_SHORT_JOB_S = 0.5


@dataclass(frozen=True, slots=True)
class Late:
    """An effect that came `after_s` seconds after the answer to a write."""

    scene: Scene
    label: str
    lines: frozenset[Line]
    after_s: float


class AfterAnswer:
    """Examines what web dynos and workers do between requests.

    Args:
        stage: opens a stage with fresh dynos and backing services brought back.
        copies: numbers for copies of scenes.
        texts: the app's source; it only says how long waiting may be worth while.
    """

    def __init__(
        self,
        lab: Lab,
        plan: Plan,
        stage: Stages,
        copies: Iterator[int],
        texts: Sequence[str],
        out_of_time: Callable[[], bool],
    ) -> None:
        self._lab = lab
        self._clock = lab.clock
        self._plan = plan
        self._stage = stage
        self._copies = copies
        self._text = "\n".join(texts)
        self._clockwork = Clockwork(lab, plan, stage, copies, self._text)
        self._out_of_time = out_of_time
        self._workers = [each for each in lab.specimen.commands if each not in ("web", "release")]

    async def run(self) -> AsyncIterator[Finding]:
        """One calm stage for all; what looks suspicious there gets stages of its own."""
        async with self._stage() as rehearsal:
            idle = await self._clockwork.idle(rehearsal)
            played, residues = await self._play_all(rehearsal, idle)
            late = [late for each in played if (late := self._late(each))]
            await self._clockwork.end(rehearsal)
        async for finding in self._clockwork.findings():
            yield finding
        for scene in residues[:2]:
            if not self._out_of_time():
                async for finding in self._residue(scene, idle):
                    yield finding
        for each in late[:_MOST_LATE]:
            async for finding in self._lost(each):
                yield finding

    def _copy(self, scene: Scene) -> Copy:
        return copy_of(self._plan, scene, next(self._copies))

    # After an answer.

    async def _play_all(self, rehearsal: Rehearsal, idle: Quiet) -> tuple[list[Performance], list[Scene]]:
        """Each write once, its pages watched; with the scenes after which the dyno seemed to work on."""
        played: list[tuple[Scene, Performance]] = []
        residues: list[Scene] = []
        before = threads(rehearsal.stage.web)
        for scene in scenes(self._plan, _MOST_WRITES):
            copy = self._copy(scene)
            for _, earlier in played:
                await rehearsal.look(earlier)
            await rehearsal.do(copy.before)
            performance = await rehearsal.perform(copy)
            for _, earlier in played:
                await rehearsal.look(earlier, written=True)
            if not performance.taken:
                continue
            await rehearsal.look(performance)
            played.append((scene, performance))
            short = await rehearsal.quiet(_SHORT_S)
            if works_on(replace(short, lines=()), idle):
                residues.append(scene)
        await self._clockwork.begin(rehearsal)
        if not played:
            return [], []
        long = await rehearsal.quiet(_LONG_S)
        await self._clockwork.note(rehearsal)
        if works_on(long, idle):
            residues += [scene for scene, _ in played if scene not in residues]
        performances = [performance for _, performance in played]
        more = threads(rehearsal.stage.web) > before or bool(residues)
        await rehearsal.watch(performances, lambda: False, at_most_s=_LATE_S)
        await self._clockwork.note(rehearsal)
        if not any(each.looks.late for each in performances):
            await rehearsal.watch(performances, lambda: _all_rest(performances), at_most_s=self._patience(more=more))
        if any(each.looks.late for each in performances):
            # A state in between is no effect: wait until nothing changes any more.
            await rehearsal.watch(performances, lambda: _all_rest(performances), at_most_s=_LATE_REASON_S)
        return performances, residues

    def _patience(self, *, more: bool) -> float:
        if self._workers:
            return _LATE_WORKER_S
        if more:
            return _LATE_REASON_S
        return _LATE_HINT_S if _LATER.search(self._text) else 0.0

    def _late(self, performance: Performance) -> Late | None:
        lines = performance.looks.late
        after_s = performance.looks.when(lines) if lines else None
        if after_s is None:
            return None
        scene = next(each for each in scenes(self._plan, _MOST_WRITES) if self._is_of(each, performance))
        return Late(scene, performance.copy.label, lines, after_s)

    def _is_of(self, scene: Scene, performance: Performance) -> bool:
        return self._plan.steps[scene.write].label == performance.copy.label

    async def _residue(self, scene: Scene, idle: Quiet) -> AsyncIterator[Finding]:
        """The write twice, each time with nothing after it."""
        windows: list[Quiet] = []
        async with self._stage() as rehearsal:
            label = ""
            for turn in range(2):
                copy = self._copy(scene)
                label = copy.label
                if not turn:
                    await rehearsal.do(copy.before)
                await settled(rehearsal.stage.web, self._clock, at_least_s=0.25, at_most_s=6.0)
                if not (await rehearsal.perform(copy)).taken:
                    return
                windows.append(await rehearsal.quiet(_LONG_S))
        if all(works_on(window, idle) for window in windows):
            yield residue_finding(label, windows, idle)

    # Lost.

    async def _lost(self, late: Late) -> AsyncIterator[Finding]:
        if self._out_of_time():
            return
        if not self._workers or not await self._by_worker(late):
            async for finding in self._lost_with_web(late):
                yield finding
            return
        after_s = await self._again(late)
        if after_s is None:
            return
        late = replace(late, after_s=after_s)
        if late.after_s < _SHORT_JOB_S:
            return
        for kill in (False, True):
            found = None if self._out_of_time() else await self._lost_with_worker(late, kill=kill)
            if found is not None:
                yield found
                return

    async def _by_worker(self, late: Late) -> bool:
        """Whether the effect does not come while no worker runs."""
        async with self._stage() as rehearsal:
            await rehearsal.stage.end_workers()
            performance = await self._performed(rehearsal, late.scene)
            if performance is None:
                return True
            limit = late.after_s * 1.5 + 1.5
            await rehearsal.watch([performance], lambda: performance.looks.shows(late.lines), at_most_s=limit)
            return performance.looks.when(late.lines) is None

    async def _performed(self, rehearsal: Rehearsal, scene: Scene) -> Performance | None:
        copy = self._copy(scene)
        await rehearsal.do(copy.before)
        performance = await rehearsal.perform(copy)
        return performance if performance.taken else None

    async def _lost_with_web(self, late: Late) -> AsyncIterator[Finding]:
        after_s = await self._again(late, lasting=True)
        if after_s is None:
            return
        late = replace(late, after_s=after_s)
        waited = 0.0
        for _ in range(2):
            outcome = await self._killed_after_answer(late)
            if outcome is None:
                return
            waited = outcome
        yield lost_with_the_web(late.label, late.lines, late.after_s, waited)

    async def _again(self, late: Late, *, lasting: bool = False) -> float | None:
        """When the effect comes in another calm play, looked at closely; None when it does not come.

        Args:
            lasting: also None when it goes with the dyno: then it is rule one that is broken.
        """
        async with self._stage() as rehearsal:
            performance = await self._performed(rehearsal, late.scene)
            if performance is None:
                return None
            looks, limit = performance.looks, late.after_s * 2 + 3
            await rehearsal.look(performance)
            await rehearsal.watch([performance], lambda: looks.shows(late.lines), at_most_s=limit, every_s=0.1)
            if lasting and looks.shows(late.lines):
                await rehearsal.stage.kill_web()
                await rehearsal.look(performance)
            return looks.when(late.lines) if looks.shows(late.lines) else None

    async def _killed_after_answer(self, late: Late) -> float | None:
        """Seconds waited in vain; None when the effect came all the same."""
        async with self._stage() as rehearsal:
            performance = await self._performed(rehearsal, late.scene)
            if performance is None:
                return None
            await rehearsal.stage.kill_web()
            limit = late.after_s * 1.5 + 2
            await rehearsal.watch([performance], lambda: performance.looks.ever(late.lines), at_most_s=limit)
            return None if performance.looks.ever(late.lines) else performance.looks.all[-1][0]

    async def _lost_with_worker(self, late: Late, *, kill: bool) -> Finding | None:
        """Several jobs, the workers ended in the midst of them; SIGTERM twice."""
        lost: list[int] = []
        jobs = 3 if late.after_s < 2 else 2
        waited = 0.0
        for _ in range(1 if kill else 2):
            missing, waited = await self._stopped_mid_way(late, jobs, kill=kill)
            if not missing:
                return None
            lost.append(missing)
        loss = WorkerLoss(
            process_type=self._workers[0],
            label=late.label,
            lines=late.lines,
            jobs=jobs,
            lost=tuple(lost),
            at_s=late.after_s / 2,
            waited_s=waited,
            killed=kill,
        )
        return lost_with_the_worker(loss)

    async def _stopped_mid_way(self, late: Late, jobs: int, *, kill: bool) -> tuple[int, float]:
        """How many effects never came, and how long the new worker had for them."""
        async with self._stage() as rehearsal:
            for worker in rehearsal.stage.workers:
                await settled(worker, self._clock, at_least_s=0.5, at_most_s=4.0)
            played = []
            for _ in range(jobs):
                performance = await self._performed(rehearsal, late.scene)
                if performance is None:
                    return 0, 0.0
                played.append(performance)
            begun = played[0].at_s
            await self._clock.sleep(max(begun + late.after_s / 2 - self._clock.monotonic(), 0.0))
            await rehearsal.stage.replace_workers(kill=kill, patience_s=late.after_s * 2 + 5)
            replaced = self._clock.monotonic()
            await self._until_nothing_comes(rehearsal, played, late, jobs)
            return len(_missing(played, late)), self._clock.monotonic() - replaced

    async def _until_nothing_comes(
        self, rehearsal: Rehearsal, played: Sequence[Performance], late: Late, jobs: int
    ) -> None:
        """All came, or nothing more has come for longer than a job takes."""
        begun = self._clock.monotonic()
        left, since = jobs, begun
        while left and self._clock.monotonic() - since < late.after_s * 1.5 + 3:
            await rehearsal.watch(_missing(played, late), lambda: True, at_most_s=0.1)
            if len(_missing(played, late)) < left:
                left, since = len(_missing(played, late)), self._clock.monotonic()


def _missing(played: Sequence[Performance], late: Late) -> list[Performance]:
    return [each for each in played if each.looks.when(late.lines) is None]


def _all_rest(performances: Sequence[Performance]) -> bool:
    """Whether every write that came to something later has come to rest, for three looks."""
    late = [each for each in performances if each.looks.late]
    return bool(late) and all(each.looks.all[-3][1] == each.looks.all[-1][1] for each in late)
