"""Rule one: no persisted state. Calm plays, plays under fault, then each loss confirmed and explained."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from minipaas.chaos.attribute import cause_of
from minipaas.chaos.history import History
from minipaas.chaos.journal import AppJournal, unwritten
from minipaas.chaos.lab import NotUp
from minipaas.chaos.lanes import Lane, Lanes
from minipaas.chaos.loss import Loss, Symptom
from minipaas.chaos.oracle import Baseline
from minipaas.chaos.plan import Plan, witness, writes
from minipaas.chaos.play import play
from minipaas.chaos.record import Witness
from minipaas.chaos.strikes import has_place
from minipaas.chaos.trial import CALM, Kind, Phase, Trial, soak
from minipaas.model.verdict import Cause, TimelineEvent

#: Calm plays that a mask of noise is made from.
CALM_PLAYS = 3
#: A break is claimed when its witness fails this often of as many under fault, and never of as many calm (p = .004).
CONFIRM = 5
#: Losses explained for one app; more of the same kind say nothing new.
MOST_EXPLAINED = 4

#: Plays with faults at random; fewer where something is known to be lost.
SOAKS, SOAKS_IF_BROKEN = 4, 2

_SEARCH = (
    Trial(Kind.MULTI, frozenset()),
    Trial(Kind.LOSE, frozenset({Phase.AFTER_WRITE})),
    # Two dynos in turn answer every other hop alike: what lives between two hops needs a fault between them.
    Trial(Kind.LOSE, frozenset({Phase.HOP})),
)
_PHASES = (
    frozenset({Phase.AFTER_WRITE}),
    frozenset({Phase.BEFORE_SEND}),
    frozenset({Phase.HOP}),
    frozenset({Phase.AFTER_VISIT}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A loss that was confirmed: `failed` of `of` plays under `trial`, none of as many calm."""

    loss: Loss
    cause: Cause
    trial: Trial
    steps: tuple[int, ...]
    failed: int
    of: int
    grid: tuple[tuple[str, bool], ...]
    example: History
    also: tuple[Loss, ...] = ()


@dataclass(slots=True)
class Result:
    """What was found. `flaky` are losses that the confirmation did not repeat each time."""

    baseline: Baseline | None = None
    breaks: list[Break] = field(default_factory=list)
    flaky: list[Loss] = field(default_factory=list)
    drifts: list[tuple[str, str]] = field(default_factory=list)
    calms: list[History] = field(default_factory=list)
    #: The plays under fault that losses were searched in.
    search: list[History] = field(default_factory=list)
    faults: int = 0
    requests: int = 0
    not_up: NotUp | None = None


class RuleOne:
    """The experiment.

    Args:
        out_of_time: asked between plays; True ends the search with what is known.
        only: explain the losses of this form or page and no others.
        again: the least that showed a loss before; nothing else is looked for.
        seed: of the soak.
    """

    def __init__(
        self,
        lanes: Lanes,
        plan: Plan,
        *,
        out_of_time: Callable[[], bool],
        only: str | None = None,
        again: Witness | None = None,
        journal: AppJournal | None = None,
        seed: int = 0,
    ) -> None:
        self._only = only
        self._again = again
        self._journal = journal or unwritten().of("")
        self._seed = seed
        #: Whether two dynos of it run at a time.
        self._several = True
        self._lanes = lanes
        self._plan = plan
        self._out_of_time = out_of_time
        self._result = Result()

    async def run(self) -> Result:
        """Search, confirm, explain."""
        try:
            await (self._search_all() if self._again is None else self._do_again(self._again))
        except NotUp as not_up:
            self._result.not_up = not_up
        return self._result

    async def _do_again(self, witness: Witness) -> None:
        """The same steps under the same trial, as often as a confirmation asks for."""
        self._result.calms = await self._plays(CALM, 2, witness.steps)
        self._result.baseline = Baseline(self._plan, self._result.calms)
        if not await self._confirm(witness.loss, [witness.loss], witness.steps, (witness.trial,)):
            self._result.flaky.append(witness.loss)

    async def _search_all(self) -> None:
        first = await self._lanes.widened_by(self._plays(CALM, 2))
        calms, self._result.search = await self._search(CALM_PLAYS - len(first))
        self._result.calms = [*first, *calms]
        baseline = self._result.baseline = Baseline(self._plan, self._result.calms)
        await self._judge(baseline, self._result.search)
        await self._soak(baseline)

    async def _judge(self, baseline: Baseline, histories: Sequence[History]) -> None:
        """Explain what these plays under fault lost."""
        result, losses = self._result, list[Loss]()
        for history in histories:
            losses += baseline.losses(history)
            result.drifts += baseline.drifts(history)
        groups = [each for each in _grouped(losses) if self._only in (None, subject(self._plan, each[0]))]
        statistics = [each[0] for each in groups if self._is_statistic(baseline, each[0])]
        result.drifts += [(loss.pattern, loss.expected) for loss in statistics]
        for group in [each for each in groups if each[0] not in statistics][:MOST_EXPLAINED]:
            if self._out_of_time() and result.breaks:
                break
            if not self._explained(group[0]) and group[0].identity not in {each.identity for each in result.flaky}:
                await self._explain(group)

    async def _soak(self, baseline: Baseline) -> None:
        """Faults at random steps, for what no one place shows; what was found once is not looked for again."""
        width, steps = len(self._lanes), len(self._plan.quick)
        most = SOAKS_IF_BROKEN if self._result.breaks else SOAKS
        for first in range(0, most, width):
            if self._out_of_time() or self._only or not steps:
                return
            trials = [soak(self._seed, number, steps) for number in range(first, min(first + width, most))]
            wanted = [(trial, None) for trial in trials if self._several or not trial.several]
            histories = await self._side_by_side(wanted)
            self._result.search += histories
            await self._judge(baseline, histories)

    def _is_statistic(self, baseline: Baseline, loss: Loss) -> bool:
        """A number beside something of the same write that is kept counts what the process did, and holds nothing."""
        return loss.symptom is Symptom.NUMBER and loss.write is not None and baseline.has_effects(loss.write)

    async def _search(self, calm: int) -> tuple[list[History], list[History]]:
        """Plays without faults, and under fault; an app of which two cannot run is spared the trial with two."""
        wanted: list[tuple[Trial, None]] = [(trial, None) for trial in (*[CALM] * calm, *_SEARCH)]
        try:
            plays = await self._side_by_side(wanted)
        except NotUp:
            self._several = False
            plays = await self._side_by_side([each for each in wanted if not each[0].several])
        return plays[:calm], plays[calm:]

    def _explained(self, loss: Loss) -> bool:
        """Whether a confirmed break explains it: of the same form, or of what this one takes away or shows."""
        step = self._plan.steps[loss.write] if loss.write is not None else None
        for each in self._result.breaks:
            same_page = loss.pattern in {known.pattern for known in (each.loss, *each.also)}
            weak = loss.symptom in _WEAK or loss.write is None
            if subject(self._plan, each.loss) == subject(self._plan, loss) or (same_page and weak):
                return True
        follows = getattr(step, "destructive", False) or loss.symptom in (Symptom.MISSING, Symptom.RETURNED)
        return bool(self._result.breaks) and (follows or self._builds_on_lost(loss))

    def _builds_on_lost(self, loss: Loss) -> bool:
        """Whether it needs what is known to be lost: a change of a thing that is gone."""
        if loss.write is None:
            return False
        lost = {subject(self._plan, each.loss) for each in self._result.breaks}
        before = [index for index in witness(self._plan, loss.write, loss.read) if index < loss.write]
        return any(writes(self._plan.steps[index]) and self._plan.steps[index].label in lost for index in before)

    async def _plays(self, trial: Trial, count: int, steps: Sequence[int] | None = None) -> list[History]:
        return await self._side_by_side([(trial, steps)] * count)

    async def _side_by_side(self, wanted: Sequence[tuple[Trial, Sequence[int] | None]]) -> list[History]:
        return await self._lanes.fill([functools.partial(self._play, *each) for each in wanted])

    async def _play(self, trial: Trial, steps: Sequence[int] | None = None, lane: Lane | None = None) -> History:
        lane = lane or self._lanes.first
        if lane.reset is not None:
            await lane.reset()
        events: list[TimelineEvent] = []
        async with lane.fleet(trial, events.append) as fleet:
            history = await play(self._plan, fleet, steps)
        history.events, history.began_s = events, fleet.began_s
        self._result.faults += history.faults + (1 if trial.several else 0)
        self._result.requests += len(history.exchanges)
        self._journal.played(trial, steps, history)
        return history

    async def _explain(self, group: list[Loss]) -> None:
        """Find a small witness for one of the losses, confirm it, and see which trials it fails in."""
        # The next line of the same page tells no more than the first.
        for loss in [each for each in group if each is group[0] or each.symptom not in _WEAK]:
            for steps in self._witnesses(loss):
                if await self._confirm(loss, group, steps, _trials_for(loss)):
                    return
        self._result.flaky.append(group[0])

    def _witnesses(self, loss: Loss) -> list[tuple[int, ...]]:
        whole = tuple(index for index in self._plan.quick if index <= loss.read)
        if loss.write is None:
            return [self._all_looks(loss), self._plan.quick]
        if loss.symptom is Symptom.NUMBER:
            return [whole]
        small = witness(self._plan, loss.write, loss.read)
        return [small, whole] if small != whole else [whole]

    def _all_looks(self, loss: Loss) -> tuple[int, ...]:
        """Every look at that page, by every client: a count of one's own visits is known by another's."""
        wanted = getattr(self._plan.steps[loss.read], "place", None)
        return tuple(i for i in self._plan.quick if getattr(self._plan.steps[i], "place", None) == wanted)

    async def _confirm(self, loss: Loss, group: list[Loss], steps: tuple[int, ...], trials: Sequence[Trial]) -> bool:
        calms = await self._plays(CALM, 2, steps)
        found = await self._first_failing(loss, steps, calms, trials)
        if found is None:
            return False
        trial, example = found
        rest = [(CALM, steps)] * (CONFIRM - len(calms)) + [(trial, steps)] * (CONFIRM - 1)
        more = await self._side_by_side(rest)
        calms += more[: CONFIRM - len(calms)]
        baseline = Baseline(self._plan, calms)
        plays = [example, *more[-(CONFIRM - 1) :]]
        failed = sum(self._lost(baseline, loss, history) is not None for history in plays)
        if failed < CONFIRM:
            return False
        grid = await self._grid(baseline, loss, steps, trial)
        cause = cause_of(grid)
        if cause is None:
            return False
        shown = self._lost(baseline, loss, example)
        self._result.breaks.append(
            Break(
                loss=shown or loss,
                cause=cause,
                trial=trial,
                steps=steps,
                failed=failed,
                of=CONFIRM,
                grid=tuple((Trial(kind, pinned=pinned).name, lost) for (kind, pinned), lost in grid.items()),
                example=example,
                also=tuple(group[1:]),
            )
        )
        self._journal.broke(Witness(subject(self._plan, shown or loss), loss, steps, trial))
        return True

    async def _first_failing(
        self, loss: Loss, steps: tuple[int, ...], calms: list[History], trials: Sequence[Trial]
    ) -> tuple[Trial, History] | None:
        baseline = Baseline(self._plan, calms)
        if not baseline.expects(loss):
            return None
        for trial in [each for each in trials if has_place(self._plan, each, steps, calms[0])]:
            history = await self._play(trial, steps)
            if self._lost(baseline, loss, history) is not None:
                return trial, history
        return None

    def _lost(self, baseline: Baseline, loss: Loss, history: History) -> Loss | None:
        """The same loss in another play: the same kind of it at the same step, or an even plainer one there."""
        for each in baseline.losses(history):
            if each.read == loss.read and (each.symptom is loss.symptom or each.symptom in _PLAIN):
                return each
        return None

    async def _grid(
        self, baseline: Baseline, loss: Loss, steps: tuple[int, ...], trial: Trial
    ) -> dict[tuple[Kind, bool], bool]:
        phases = trial.phases or frozenset({Phase.AFTER_WRITE})
        grid: dict[tuple[Kind, bool], bool] = {(trial.kind, False): True}

        async def fill(kind: Kind, *, pinned: bool = False) -> None:
            history = await self._play(Trial(kind, phases, pinned), steps)
            grid[kind, pinned] = self._lost(baseline, loss, history) is not None

        await fill(Kind.KEEP)
        if grid[Kind.KEEP, False]:
            await fill(Kind.KEEP, pinned=True)
        elif trial.kind is Kind.LOSE:
            await fill(Kind.LOSE, pinned=True)
        else:
            await fill(Kind.LOSE)
        return grid


_PLAIN = (Symptom.STATUS, Symptom.MISSING)
#: What usually follows from a stronger loss on the same page.
_WEAK = (Symptom.LINE, Symptom.NUMBER)
_STRENGTH = list(Symptom)


def subject(plan: Plan, loss: Loss) -> str:
    """What a loss is about, the same in every run: the form or call that wrote, or the page."""
    return plan.steps[loss.write].label.removesuffix(" again") if loss.write is not None else loss.pattern


def _trials_for(loss: Loss) -> tuple[Trial, ...]:
    """The mildest first: one relocation at one place, else two dynos."""
    phases = _PHASES if loss.write is not None else _PHASES[::-1]
    return (*(Trial(Kind.LOSE, each) for each in phases), Trial(Kind.MULTI, frozenset()))


def _plainness(loss: Loss) -> tuple[int, bool, int]:
    """A strong symptom, seen on a page that was asked for by itself, early."""
    return _STRENGTH.index(loss.symptom), loss.read == loss.write, loss.read


def _grouped(losses: Sequence[Loss]) -> list[list[Loss]]:
    """Losses of one write together, those that tell most first; what later writes lost too comes last."""
    groups: dict[int | None, list[Loss]] = {}
    for loss in losses:
        groups.setdefault(loss.write, []).append(loss)
    for group in groups.values():
        group.sort(key=_plainness)
    ordered = sorted(groups.values(), key=lambda group: _plainness(group[0]))
    return [list({loss.identity: loss for loss in group}.values())[:3] for group in ordered]
