"""One app from its first boot to its verdict: discover, play, judge."""

import functools
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from minipaas.chaos.cast import Cast, Find, Look
from minipaas.chaos.deadline import Deadline
from minipaas.chaos.discover import Discovery, discover
from minipaas.chaos.ensemble import NeighbourDown
from minipaas.chaos.journal import AppJournal, unwritten
from minipaas.chaos.lab import NotUp
from minipaas.chaos.lanes import Reset
from minipaas.chaos.plan import typed
from minipaas.chaos.reach import Reach, reach
from minipaas.chaos.record import Witness
from minipaas.chaos.relations import entrances
from minipaas.chaos.rule_one import Result, RuleOne
from minipaas.chaos.rule_three import examine_three
from minipaas.chaos.rule_two import examine_two, not_up_findings
from minipaas.chaos.verdicts import Examined, Findings, Subject, rule_verdicts, said_coverage, shown_timeline
from minipaas.chaos.workload import Workload
from minipaas.clock import Clock
from minipaas.model.platform_file import Rules
from minipaas.model.verdict import AppVerdict, Finding, Rule, RuleVerdict, Severity, TimelineEvent, Verdict, judge

#: Longer than Heroku waits for a first byte: an H12 is seen as one.
ANSWER_S = 31.0
#: Of the time for one app, so much may go into finding out how it is used.
_DISCOVERY_SHARE = 0.35
_LEAST_DISCOVERY_S = 10.0
#: When the rules' time ends, as shares of all; rules two and three have some left, however long came before.
_ONE_ENDS, _TWO_ENDS, _THREE_ENDS, _LEAST = 0.6, 0.8, 1.0, 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is examined, how long, and from which seed."""

    seed: int
    budget_s: float
    rules: frozenset[Rule] = frozenset(Rule)
    budgets: Rules = field(default_factory=Rules)
    command: str = "minipaas chaos"
    #: The form or page that rule one is to explain; None for all.
    only: str | None = None
    #: How the app is used, where that is given; else it is found out.
    workload: Workload | None = None
    #: Which of several apps that tells of; empty for the only one.
    workload_of: str = ""
    #: The least that showed a break before: rule one does that again and looks for nothing else.
    witness: Witness | None = None
    #: By which app's pages; empty for the app's own.
    witness_entry: str = ""
    #: The slug that was judged before; the user is told when the app is another one now.
    slug: str = ""


@dataclass(slots=True)
class Progress:
    """Tells what goes on, for people who wait; collects what the report's timeline shows."""

    say: Callable[[str, str], None]
    #: Tells what people should not miss.
    warn: Callable[[str, str], None] = lambda _app, _text: None
    journal: AppJournal = field(default_factory=lambda: unwritten().of(""))
    events: list[TimelineEvent] = field(default_factory=list)

    def tell(self, event: TimelineEvent) -> None:
        """Something happened to a dyno."""
        self.events.append(event)
        self.journal.happened(event)


class Experiment:
    """Judges one app of a cast; those that it uses, and those that use it, stay calm."""

    def __init__(self, cast: Cast, app: str, wanted: Wanted, clock: Clock, progress: Progress) -> None:
        self._cast = cast
        self._app = app
        self._member = cast.members[app]
        self._lab = self._member.labs[0]
        self._wanted = wanted
        self._clock = clock
        self._progress = progress
        self._began = clock.monotonic()

    async def run(self) -> AppVerdict:
        """The verdict."""
        self._name_slug(self._lab.specimen.slug.parent.name)
        if "web" not in self._lab.specimen.commands:
            return self._verdict((), nothing="the app has no web process type")
        self._began = self._clock.monotonic()
        try:
            own = await self._look(self._app)
            examined = await self._rule_one(own)
        except NeighbourDown as down:
            return self._verdict((), nothing=f"{down.app}, which it uses, did not come up")
        except NotUp as not_up:
            return self._never_up(not_up)
        return await self._rest(own, examined)

    async def _rest(self, own: Look, examined: Sequence[Examined]) -> AppVerdict:
        """Rules two and three, with what the app uses beside it."""
        try:
            async with self._cast.beside(self._app) as reset:
                two_ends = self._until(_TWO_ENDS, _LEAST)
                two = await self._rule_two(own.discovery, two_ends)
                three_ends = self._until(_THREE_ENDS, _LEAST)
                three = await self._rule_three(own.discovery, examined, reset, three_ends)
        except NeighbourDown as down:
            return self._verdict(examined, nothing=f"{down.app}, which it uses, did not come up")
        found = Findings(two, three, two_cut_short=two_ends.cut_short, three_cut_short=three_ends.cut_short)
        return self._verdict(examined, found)

    def _name_slug(self, slug: str) -> None:
        self._progress.journal.built(slug)
        if self._wanted.slug not in ("", slug):
            self._progress.warn(self._app, "the app has changed since that run: its slug is another one")

    async def _look(self, entry: str) -> Look:
        if not self._cast.is_known(entry):
            self._say(f"discovering how {'it' if entry == self._app else entry} is used")
            look = await self._cast.look(entry, self._find(entry), self._progress.tell)
            self._progress.journal.of(entry).planned(look.discovery.plan, look.discovery.history)
        return await self._cast.look(entry, self._find(entry), self._progress.tell)

    def _find(self, entry: str) -> Find:
        wanted = self._wanted
        if wanted.workload is not None and wanted.workload_of in ("", entry):
            return functools.partial(wanted.workload.discover, timeout_s=ANSWER_S)
        budget_s = max(_LEAST_DISCOVERY_S, _DISCOVERY_SHARE * wanted.budget_s)
        return functools.partial(discover, timeout_s=ANSWER_S, budget_s=budget_s)

    async def _rule_one(self, own: Look) -> list[Examined]:
        """By each entrance that leads to the app, until a break is found."""
        if Rule.ONE not in self._wanted.rules:
            return [Examined(self._app, self._calm(self._app), own.discovery, None)]
        self._say("rule one: taking dynos away between requests")
        examined: list[Examined] = []
        for entry in self._entrances():
            look = own if entry == self._app else await self._other(entry)
            came = self._reach(entry, look) if look else None
            if look is None or (came is not None and not came.requests):
                continue
            result = await self._play(entry, look.discovery)
            examined.append(Examined(entry, self._calm(entry), look.discovery, result, came))
            if result.breaks:
                break
        return examined

    def _calm(self, entry: str) -> tuple[str, ...]:
        return tuple(app for app in self._cast.takes_part(entry) if app != self._app)

    def _entrances(self) -> tuple[str, ...]:
        if self._wanted.witness is not None:
            return (self._wanted.witness_entry or self._app,)
        return entrances(self._app, self._cast.uses)

    async def _other(self, entry: str) -> Look | None:
        """How another app is used that leads here; None where it does not run, which is no fault of this one."""
        try:
            return await self._look(entry)
        except NotUp:
            return None

    def _reach(self, entry: str, look: Look) -> Reach | None:
        if entry == self._app:
            return None
        return reach(self._app, look.passed, [marker for step in look.discovery.plan.steps for marker in typed(step)])

    async def _play(self, entry: str, discovery: Discovery) -> Result:
        experiment = RuleOne(
            self._cast.lanes(entry, self._app),
            discovery.plan,
            out_of_time=self._until(_ONE_ENDS),
            only=self._wanted.only,
            again=self._wanted.witness,
            journal=self._progress.journal.through(entry),
            seed=self._wanted.seed,
        )
        return await experiment.run()

    async def _rule_two(self, discovery: Discovery, ends: Deadline) -> tuple[Finding, ...]:
        if Rule.TWO not in self._wanted.rules:
            return ()
        self._say("rule two: starting and stopping dynos")
        return await examine_two(
            self._lab,
            discovery.plan,
            self._wanted.budgets,
            tell=self._progress.tell,
            out_of_time=ends,
        )

    async def _rule_three(
        self, discovery: Discovery, examined: Sequence[Examined], reset: Reset | None, ends: Deadline
    ) -> tuple[Finding, ...]:
        if Rule.THREE not in self._wanted.rules:
            return ()
        self._say("rule three: looking for long work")
        calms = [calm for each in examined if each.entry == self._app and each.result for calm in each.result.calms]
        return await examine_three(
            self._lab,
            discovery,
            calms,
            self._wanted.budgets,
            self._member.spec.folder,
            reset=reset,
            tell=self._progress.tell,
            out_of_time=ends,
        )

    def _until(self, share: float, least: float = 0.0) -> Deadline:
        """When that share of the time is over, but not before another `least` from now."""
        planned, now = self._began + share * self._wanted.budget_s, self._clock.monotonic()
        return Deadline(self._clock, max(planned, now + least * self._wanted.budget_s))

    def _say(self, text: str) -> None:
        self._progress.say(self._app, text)

    def _never_up(self, not_up: NotUp) -> AppVerdict:
        found = Findings(not_up_findings(self._lab, not_up))
        return self._verdict((), found, nothing="the app never came up", lines=not_up.dyno.last_lines())

    def _verdict(
        self,
        examined: Sequence[Examined],
        found: Findings | None = None,
        *,
        nothing: str = "",
        lines: tuple[str, ...] = (),
    ) -> AppVerdict:
        subject = Subject.of(self._app, self._member)
        rules = rule_verdicts(subject, examined, found or Findings(), nothing)
        chosen = {rule: self._finished(rules[rule]) for rule in Rule if rule in self._wanted.rules}
        return AppVerdict(
            app=self._app,
            release=self._lab.specimen.release,
            rules=chosen,
            coverage=said_coverage(subject, examined, self._progress.events),
            timeline=shown_timeline(examined) or tuple(self._progress.events),
            last_lines=lines,
        )

    def _finished(self, verdict: RuleVerdict) -> RuleVerdict:
        """Findings with the command that shows them again, without those that minipaas.yml suppresses."""
        reasons = {each.code: each.reason for each in self._wanted.budgets.suppress}
        told = [replace(each, repeat=self._repeat(each)) for each in verdict.findings]
        kept = tuple(each for each in told if each.code not in reasons)
        suppressed = tuple((each, reasons[each.code]) for each in told if each.code in reasons)
        if not suppressed:
            return replace(verdict, findings=kept)
        conclusive = verdict.verdict is not Verdict.INCONCLUSIVE
        return replace(judge(kept, conclusive=conclusive, reason=verdict.reason), suppressed=suppressed)

    def _repeat(self, finding: Finding) -> str:
        rule = next(each for each in Rule if finding.code[2] == {"one": "1", "two": "2", "three": "3"}[each])
        only = (
            f" --only {shlex.quote(finding.subject)}"
            if rule is Rule.ONE and finding.severity is Severity.ERROR
            else ""
        )
        return f"{self._wanted.command} --seed {self._wanted.seed} --rules {rule}{only}"


def folder_words(folder: Path) -> str:
    """How a folder is written in a command that repeats a run."""
    try:
        return str(folder.relative_to(Path.cwd()))
    except ValueError:
        return str(folder)
