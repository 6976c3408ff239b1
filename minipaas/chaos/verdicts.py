"""What the experiments with one app come to: a verdict for each rule, what was covered, what is drawn. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from minipaas.chaos import prepare
from minipaas.chaos.cast import Member
from minipaas.chaos.discover import Discovery
from minipaas.chaos.findings import Setting, trial_name
from minipaas.chaos.findings import findings as rule_one_findings
from minipaas.chaos.reach import Reach
from minipaas.chaos.routes import may_write, routes_in
from minipaas.chaos.rule_one import Result
from minipaas.chaos.rule_two import COLD
from minipaas.chaos.timeline import drawn
from minipaas.chaos.unsteady import unsteady
from minipaas.model.verdict import Coverage, Finding, Rule, RuleVerdict, TimelineEvent, Verdict, judge

_TIME_IS_UP = "the time was up before all of it was tried; give it more with --budget"


@dataclass(frozen=True, slots=True)
class Subject:
    """The app that is judged. `texts` are its source, `lacking` the add-ons it had to do without."""

    app: str
    texts: tuple[str, ...]
    lacking: tuple[str, ...]

    @classmethod
    def of(cls, app: str, member: Member) -> "Subject":
        """With its source read."""
        return cls(app, tuple(prepare.source_texts(member.spec.folder)), member.lacking)


@dataclass(frozen=True, slots=True)
class Examined:
    """Rule one by one entrance.

    `calm` are the apps that took part and had no faults. `reach` says what came to the app by another app's pages;
    None at its own.
    """

    entry: str
    calm: tuple[str, ...]
    discovery: Discovery
    result: Result | None
    reach: Reach | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """Of rules two and three, and whether time ran out before all was tried."""

    two: tuple[Finding, ...] = ()
    three: tuple[Finding, ...] = ()
    two_cut_short: bool = False
    three_cut_short: bool = False


def rule_verdicts(
    subject: Subject, examined: Sequence[Examined], found: Findings, nothing: str
) -> dict[Rule, RuleVerdict]:
    """Each rule's verdict. `nothing`: why nothing more could be examined; empty when it could."""
    return {
        Rule.ONE: _judge_one(subject, examined, nothing),
        Rule.TWO: _judge(found.two, nothing if not found.two else "", found.two_cut_short),
        Rule.THREE: _judge(found.three, nothing, found.three_cut_short),
    }


def _judge(found: tuple[Finding, ...], nothing: str, cut_short: bool) -> RuleVerdict:
    reason = nothing or (_TIME_IS_UP if cut_short else "")
    return judge(found, conclusive=not reason, reason=reason)


def _judge_one(subject: Subject, examined: Sequence[Examined], nothing: str) -> RuleVerdict:
    played = [(each, each.result) for each in examined if each.result is not None]
    if not played:
        return RuleVerdict(verdict=Verdict.INCONCLUSIVE, reason=nothing or "not examined")
    if not any(result.breaks for _, result in played) and any(result.not_up for _, result in played):
        reason = "a dyno did not come up again while it was examined"
        return RuleVerdict(verdict=Verdict.INCONCLUSIVE, reason=reason)
    found: list[Finding] = []
    for each, result in played:
        found += rule_one_findings(each.discovery.plan, result, _setting(subject, each))
    reasons = [_why_inconclusive(subject, each, result) for each, result in played]
    told = [reason for reason in reasons if reason is not None]
    return judge(tuple(found), conclusive=len(told) < len(played), reason="; ".join(told))


def _setting(subject: Subject, each: Examined) -> Setting | None:
    """None where there is but one app."""
    return Setting(subject.app, each.entry, each.calm) if each.calm else None


def _why_inconclusive(subject: Subject, each: Examined, one: Result) -> str | None:
    """None when enough was seen to say that the rule is kept."""
    if each.reach is not None:
        return _why_out_of_reach(subject, each.entry, each.discovery, each.reach, one)
    discovery = each.discovery
    if discovery.unmet:
        return _unmet(discovery)
    if not discovery.healthy:
        return "fewer than four of five pages answered without an error on a calm dyno"
    if label := unsteady(discovery.plan, one.calms):
        return f"what {label} entered comes and goes on a calm dyno: each of several processes may hold some of it"
    if one.baseline is not None and one.baseline.expects_effects:
        return None
    if not discovery.plan.forms and not _takes_writes(subject):
        return None
    missed = sorted(_written(routes_in(subject.texts)) - set(discovery.plan.routes_exercised))
    never = f" ({', '.join(missed[:3])} never exercised)" if missed else ""
    return (
        f"nothing that was entered was seen again on a calm dyno{never}; --scenario or --har can say how it is used"
    )


def _why_out_of_reach(subject: Subject, entry: str, discovery: Discovery, came: Reach, one: Result) -> str | None:
    """The same for what another app's users made of this one."""
    if discovery.unmet:
        return _unmet(discovery)
    if not came.writes and not _takes_writes(subject):
        return None
    if came.is_read_back and one.baseline is not None and one.baseline.expects_effects:
        return None
    if not came.writes:
        return f"{entry} only read from {subject.app}, which could also be written to"
    return f"nothing that {entry} gave to {subject.app} was seen again"


def _unmet(discovery: Discovery) -> str:
    more = f"; and {len(discovery.unmet) - 3} more" if len(discovery.unmet) > 3 else ""
    return f"on a calm dyno the app does not do as told: {'; '.join(discovery.unmet[:3])}{more}"


def _takes_writes(subject: Subject) -> bool:
    return may_write(subject.texts) or bool(_written(routes_in(subject.texts)))


def _written(routes: set[str]) -> set[str]:
    return {route for route in routes if not route.startswith("GET ")}


def shown_timeline(examined: Sequence[Examined]) -> tuple[TimelineEvent, ...]:
    """The plays that show the breaks; without one, a play under fault that lost nothing."""
    events: list[TimelineEvent] = []
    played = [(each.discovery.plan, each.result) for each in examined if each.result is not None]
    for plan, result in played:
        for found in result.breaks:
            events += drawn(found.example, trial_name(plan, found), found.loss)
    searched = [history for _, result in played for history in result.search]
    if not events and searched:
        events += drawn(searched[-1], searched[-1].trial)
    return tuple(events)


def said_coverage(subject: Subject, examined: Sequence[Examined], events: Sequence[TimelineEvent]) -> Coverage:
    """What was exercised: by the app's own pages, and by those of the apps that use it."""
    known, taken = routes_in(subject.texts), _taken(events)
    if not examined:
        return Coverage(faults=taken, routes_known=len(known), missed=(*subject.lacking, *sorted(known)))
    own = [each.discovery for each in examined if each.reach is None]
    known |= {route for each in own for route in each.plan.routes_known}
    exercised = {route for each in own for route in each.plan.routes_exercised}
    exercised |= {route for each in examined if each.reach for route in each.reach.routes}
    results = [each.result for each in examined if each.result is not None]
    told = [text for each in own for text in (*each.unmet, *each.plan.missed)]
    return Coverage(
        pages=sum(each.plan.pages for each in own),
        forms=sum(each.plan.forms for each in own),
        routes_exercised=len(exercised),
        routes_known=len(exercised | known),
        live_markers=max((_live(each) for each in examined), default=0),
        faults=sum(each.faults for each in results) + taken,
        requests=sum(len(each.history.exchanges) for each in own) + sum(each.requests for each in results),
        missed=(*subject.lacking, *told, *sorted(known - exercised)),
    )


def _live(each: Examined) -> int:
    """Markers that were read back, those that did not come by the app left out."""
    if each.reach is not None:
        return len(each.reach.back)
    return each.result.baseline.live_markers if each.result and each.result.baseline else 0


def _taken(events: Sequence[TimelineEvent]) -> int:
    """What rules two and three did to dynos: cold boots, stops, kills."""
    return sum(
        each.kind in ("stop", "kill", "fault") or (each.kind == "boot" and each.trial == COLD) for each in events
    )
