"""One app from its folder to its verdict: build, boot, discover, play, judge."""

import asyncio
import functools
import random
import shlex
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from minipaas.addons.provider import Addons
from minipaas.chaos import prepare
from minipaas.chaos.discover import Discovery, discover
from minipaas.chaos.findings import findings as rule_one_findings
from minipaas.chaos.findings import trial_name
from minipaas.chaos.fleet import Fleet
from minipaas.chaos.journal import AppJournal, unwritten
from minipaas.chaos.lab import Lab, NotUp, Specimen
from minipaas.chaos.record import Witness
from minipaas.chaos.routes import may_write, routes_in
from minipaas.chaos.rule_one import Lane, Result, RuleOne
from minipaas.chaos.rule_three import examine_three
from minipaas.chaos.rule_two import COLD, examine_two, not_up_findings
from minipaas.chaos.services import Services
from minipaas.chaos.site import Site
from minipaas.chaos.timeline import drawn
from minipaas.chaos.trial import CALM
from minipaas.chaos.workload import Workload
from minipaas.clock import Clock
from minipaas.control.appfiles import read_files
from minipaas.control.settings import AppSpec
from minipaas.model.platform_file import Rules
from minipaas.model.verdict import (
    AppVerdict,
    Coverage,
    Finding,
    Rule,
    RuleVerdict,
    Severity,
    TimelineEvent,
    Verdict,
    judge,
)
from minipaas.parse.manifest import AppFiles

#: Longer than Heroku waits for a first byte: an H12 is seen as one.
ANSWER_S = 31.0
#: Of the time for one app, so much may go into finding out how it is used.
_DISCOVERY_SHARE = 0.35
_LEAST_DISCOVERY_S = 10.0
#: Plays that run side by side.
LANES = 2


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
    #: The least that showed a break before: rule one does that again and looks for nothing else.
    witness: Witness | None = None
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
    """Judges one app.

    Args:
        output: gets the build's output.
    """

    def __init__(
        self,
        site: Site,
        spec: AppSpec,
        wanted: Wanted,
        clock: Clock,
        progress: Progress,
        output: Callable[[bytes], None],
    ) -> None:
        self._site = site
        self._spec = spec
        self._wanted = wanted
        self._clock = clock
        self._progress = progress
        self._output = output
        self._began = clock.monotonic()
        self._lines: tuple[str, ...] = ()
        self._lacking: tuple[str, ...] = ()
        self._lanes: list[Lane] = []

    async def run(self) -> AppVerdict:
        """The verdict.

        Raises:
            BuildFailed: there is nothing to judge.
            FileProblem: one of the app's files is faulty.
            StoreProblem: a backing service does not start.
        """
        files = read_files(self._spec)
        self._say("starting its backing services" if files.app_json.addons else "building")
        addons = Addons(
            self._site.home.root / "addons",
            self._clock,
            random.SystemRandom(),
            lambda _app, _process: lambda _data: None,
            durable=False,
            templates=self._site.user.root / "templates",
        )
        try:
            return await self._run(files, addons)
        finally:
            await addons.close()

    async def _run(self, files: AppFiles, addons: Addons) -> AppVerdict:
        services = [Services(addons, f"{self._spec.name}-{lane}") for lane in range(LANES)]
        configs = await asyncio.gather(*(each.open(files.app_json.addons) for each in services))
        self._lacking = tuple(services[0].lacking)
        self._say("building")
        specimen = await prepare.build(self._site, self._spec, files, configs[0], self._clock, self._output)
        self._name_slug(specimen.slug.parent.name)
        labs = [self._lab(replace(specimen, config={**specimen.config, **config})) for config in configs]
        self._lanes = [Lane(lab, each.reset if each.any else None) for lab, each in zip(labs, services, strict=True)]
        try:
            await asyncio.gather(*(self._first_state(lab, each) for lab, each in zip(labs, services, strict=True)))
            return await self._judge(labs[0])
        finally:
            await asyncio.gather(*(lab.clear() for lab in labs))

    def _name_slug(self, slug: str) -> None:
        self._progress.journal.built(slug)
        if self._wanted.slug not in ("", slug):
            self._progress.warn(self._spec.name, "the app has changed since that run: its slug is another one")

    async def _first_state(self, lab: Lab, services: Services) -> None:
        """What every play begins with: the release phase is over, nobody has asked for anything."""
        if "release" in lab.specimen.commands:
            await lab.run_once("release")
        await services.remember()

    async def _judge(self, lab: Lab) -> AppVerdict:
        if "web" not in lab.specimen.commands:
            return self._verdict(lab, (), None, None, nothing="the app has no web process type")
        self._began = self._clock.monotonic()
        self._say("discovering how it is used")
        try:
            async with Fleet(lab, CALM, self._progress.tell) as fleet:
                budget_s = max(_LEAST_DISCOVERY_S, _DISCOVERY_SHARE * self._wanted.budget_s)
                by_looking = functools.partial(discover, budget_s=budget_s)
                find = self._wanted.workload.discover if self._wanted.workload else by_looking
                discovery = await find(fleet, self._spec.name, timeout_s=ANSWER_S)
        except NotUp as not_up:
            return self._never_up(lab, not_up)
        self._progress.journal.planned(discovery.plan, discovery.history)
        one = await self._rule_one(discovery)
        two = await self._rule_two(lab, discovery)
        three = await self._rule_three(lab, discovery, one)
        return self._verdict(lab, two, discovery, one, three=three)

    def _lab(self, specimen: Specimen) -> Lab:
        return Lab(
            specimen,
            runtime=self._site.runtime,
            hosts=self._site.hosts,
            folder=self._site.home.root / "disks" / uuid.uuid4().hex,
            clock=self._clock,
            rng=random.Random(self._wanted.seed),
        )

    async def _rule_one(self, discovery: Discovery) -> Result | None:
        if Rule.ONE not in self._wanted.rules:
            return None
        self._say("rule one: taking dynos away between requests")
        experiment = RuleOne(
            self._lanes,
            discovery.plan,
            out_of_time=lambda: self._late(0.6),
            only=self._wanted.only,
            again=self._wanted.witness,
            journal=self._progress.journal,
            seed=self._wanted.seed,
        )
        return await experiment.run()

    async def _rule_two(self, lab: Lab, discovery: Discovery) -> tuple[Finding, ...]:
        if Rule.TWO not in self._wanted.rules:
            return ()
        self._say("rule two: starting and stopping dynos")
        return await examine_two(
            lab, discovery.plan, self._wanted.budgets, tell=self._progress.tell, out_of_time=lambda: self._late(0.8)
        )

    async def _rule_three(self, lab: Lab, discovery: Discovery, one: Result | None) -> tuple[Finding, ...]:
        if Rule.THREE not in self._wanted.rules:
            return ()
        self._say("rule three: looking for long work")
        return await examine_three(
            lab,
            discovery,
            one.calms if one else (),
            self._wanted.budgets,
            self._spec.folder,
            reset=self._lanes[0].reset,
            tell=self._progress.tell,
            out_of_time=lambda: self._late(1.0),
        )

    def _late(self, share: float) -> bool:
        return self._clock.monotonic() - self._began > self._wanted.budget_s * share

    def _say(self, text: str) -> None:
        self._progress.say(self._spec.name, text)

    def _never_up(self, lab: Lab, not_up: NotUp) -> AppVerdict:
        self._lines = not_up.dyno.last_lines()
        return self._verdict(lab, not_up_findings(lab, not_up), None, None, nothing="the app never came up")

    def _verdict(
        self,
        lab: Lab,
        two: Sequence[Finding],
        discovery: Discovery | None,
        one: Result | None,
        *,
        three: Sequence[Finding] = (),
        nothing: str = "",
    ) -> AppVerdict:
        texts = prepare.source_texts(self._spec.folder)
        rules = {
            Rule.ONE: self._judge_one(discovery, one, texts, nothing),
            Rule.TWO: judge(tuple(two), conclusive=not nothing or bool(two), reason=nothing),
            Rule.THREE: judge(tuple(three), conclusive=not nothing, reason=nothing),
        }
        chosen = {rule: self._finished(rules[rule]) for rule in Rule if rule in self._wanted.rules}
        return AppVerdict(
            app=self._spec.name,
            release=lab.specimen.release,
            rules=chosen,
            coverage=_coverage(discovery, one, routes_in(texts), self._lacking, _taken(self._progress.events)),
            timeline=_timeline(discovery, one) or tuple(self._progress.events),
            last_lines=self._lines,
        )

    def _judge_one(
        self, discovery: Discovery | None, one: Result | None, texts: Sequence[str], nothing: str
    ) -> RuleVerdict:
        if discovery is None or one is None:
            return RuleVerdict(verdict=Verdict.INCONCLUSIVE, reason=nothing or "not examined")
        if one.not_up is not None and not one.breaks:
            return RuleVerdict(
                verdict=Verdict.INCONCLUSIVE, reason="a dyno did not come up again while it was examined"
            )
        found = rule_one_findings(discovery.plan, one)
        reason = _why_inconclusive(discovery, one, texts)
        return judge(found, conclusive=reason is None, reason=reason or "")

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


def _why_inconclusive(discovery: Discovery, one: Result, texts: Sequence[str]) -> str | None:
    """None when enough was seen to say that the rule is kept."""
    if discovery.unmet:
        more = f"; and {len(discovery.unmet) - 3} more" if len(discovery.unmet) > 3 else ""
        return f"on a calm dyno the app does not do as told: {'; '.join(discovery.unmet[:3])}{more}"
    if not discovery.healthy:
        return "fewer than four of five pages answered without an error on a calm dyno"
    if one.baseline is not None and one.baseline.expects_effects:
        return None
    if not discovery.plan.forms and not may_write(texts) and not _written(routes_in(texts)):
        return None
    missed = sorted(_written(routes_in(texts)) - set(discovery.plan.routes_exercised))
    never = f" ({', '.join(missed[:3])} never exercised)" if missed else ""
    return f"nothing that was entered was seen again on a calm dyno{never}"


def _written(routes: set[str]) -> set[str]:
    return {route for route in routes if not route.startswith("GET ")}


def _timeline(discovery: Discovery | None, one: Result | None) -> tuple[TimelineEvent, ...]:
    """The plays that show the breaks; without one, a play under fault that lost nothing."""
    if discovery is None or one is None:
        return ()
    events: list[TimelineEvent] = []
    for found in one.breaks:
        events += drawn(found.example, trial_name(discovery.plan, found), found.loss)
    if not events and one.search:
        events += drawn(one.search[-1], one.search[-1].trial)
    return tuple(events)


def _taken(events: Sequence[TimelineEvent]) -> int:
    """What rules two and three did to dynos: cold boots, stops, kills."""
    return sum(
        each.kind in ("stop", "kill", "fault") or (each.kind == "boot" and each.trial == COLD) for each in events
    )


def _coverage(
    discovery: Discovery | None, one: Result | None, known: set[str], lacking: tuple[str, ...], taken: int
) -> Coverage:
    if discovery is None:
        return Coverage(faults=taken, routes_known=len(known), missed=(*lacking, *sorted(known)))
    plan = discovery.plan
    exercised = set(plan.routes_exercised)
    return Coverage(
        pages=plan.pages,
        forms=plan.forms,
        routes_exercised=len(exercised),
        routes_known=len(exercised | known | set(plan.routes_known)),
        live_markers=one.baseline.live_markers if one and one.baseline else 0,
        faults=(one.faults if one else 0) + taken,
        requests=len(discovery.history.exchanges) + (one.requests if one else 0),
        missed=(*lacking, *discovery.unmet, *sorted((known | set(plan.routes_known)) - exercised), *plan.missed),
    )


def folder_words(folder: Path) -> str:
    """How a folder is written in a command that repeats a run."""
    try:
        return str(folder.relative_to(Path.cwd()))
    except ValueError:
        return str(folder)
