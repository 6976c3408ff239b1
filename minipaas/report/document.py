"""What all writers say alike: which findings are one, in which order they come, what is counted."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from minipaas.model.verdict import AppVerdict, Coverage, Finding, Report, Rule, RuleVerdict, Severity, Verdict
from minipaas.report.identity import fingerprint
from minipaas.rules.catalogue import BY_CODE


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A finding as it is told: once, and how many dynos or trials showed it. `reason`: why it is suppressed."""

    rule: Rule
    finding: Finding
    fingerprint: str
    count: int = 1
    reason: str | None = None

    @property
    def name(self) -> str:
        """The catalogue's name for the code; empty for a code that it does not know."""
        entry = BY_CODE.get(self.finding.code)
        return entry.name if entry else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Totals of a report. `suppressed` maps the reasons given to how many findings each covers."""

    broken: int
    inconclusive: int
    kept: int
    errors: int
    warnings: int
    suppressed: dict[str, int]
    faults: int
    requests: int


def told_of(app: str, rule: Rule, findings: Iterable[tuple[Finding, str | None]]) -> tuple[Told, ...]:
    """Findings with the reasons they are suppressed for; those of one fingerprint are one, its first."""
    once: dict[tuple[str, str | None], Told] = {}
    for finding, reason in findings:
        mark = fingerprint(app, finding)
        before = once.get((mark, reason))
        first, count = (before.finding, before.count + 1) if before else (finding, 1)
        once[mark, reason] = Told(rule=rule, finding=first, fingerprint=mark, count=count, reason=reason)
    return tuple(once.values())


def findings_of(app: AppVerdict, rule: Rule) -> tuple[Told, ...]:
    """A rule's findings that count, errors first."""
    told = told_of(app.app, rule, ((finding, None) for finding in app.rules[rule].findings))
    return tuple(sorted(told, key=lambda each: each.finding.severity is not Severity.ERROR))


def suppressed_of(app: AppVerdict, rule: Rule) -> tuple[Told, ...]:
    """A rule's findings that minipaas.yml suppresses."""
    return told_of(app.app, rule, app.rules[rule].suppressed)


def findings(app: AppVerdict) -> tuple[Told, ...]:
    """All findings of an app that count, errors first, then by rule."""
    found = [each for rule in judged(app) for each in findings_of(app, rule)]
    return tuple(sorted(found, key=lambda each: each.finding.severity is not Severity.ERROR))


def suppressed(app: AppVerdict) -> tuple[Told, ...]:
    """All findings of an app that are suppressed."""
    return tuple(each for rule in judged(app) for each in suppressed_of(app, rule))


def judged(app: AppVerdict) -> tuple[Rule, ...]:
    """The rules that were asked about, in their order."""
    return tuple(rule for rule in Rule if rule in app.rules)


def causes(verdict: RuleVerdict) -> tuple[str, ...]:
    """Why a rule is broken, in a word each: where state was kept, else Heroku's error code, else the code's name."""
    words = []
    for finding in verdict.findings:
        if finding.severity is Severity.ERROR:
            entry = BY_CODE.get(finding.code)
            words.append(finding.cause or finding.error_code or (entry.name if entry else finding.code))
    return tuple(dict.fromkeys(str(word) for word in words if word))


def in_short(verdict: RuleVerdict) -> str:
    """`kept`, `inconclusive`, `BROKEN (files)`."""
    if verdict.verdict is not Verdict.BROKEN:
        return verdict.verdict.value
    why = causes(verdict)
    return f"BROKEN ({', '.join(why)})" if why else "BROKEN"


def covered(coverage: Coverage) -> tuple[str, ...]:
    """What was exercised: `4 pages`, `5 of 6 routes`, ..."""
    return (
        counted(coverage.pages, "page"),
        counted(coverage.forms, "form"),
        f"{coverage.routes_exercised} of {counted(coverage.routes_known, 'route')}",
        counted(coverage.live_markers, "marker"),
        counted(coverage.faults, "fault"),
        counted(coverage.requests, "request"),
    )


def count(report: Report) -> Counts:
    """The totals."""
    verdicts = Counter(verdict.verdict for app in report.apps for verdict in app.rules.values())
    severities = Counter(each.finding.severity for app in report.apps for each in findings(app))
    return Counts(
        broken=verdicts[Verdict.BROKEN],
        inconclusive=verdicts[Verdict.INCONCLUSIVE],
        kept=verdicts[Verdict.KEPT],
        errors=severities[Severity.ERROR],
        warnings=severities[Severity.WARNING],
        suppressed=dict(Counter(each.reason or "no reason given" for each in _suppressed(report))),
        faults=sum(app.coverage.faults for app in report.apps),
        requests=sum(app.coverage.requests for app in report.apps),
    )


def extent(report: Report, counts: Counts) -> str:
    """`seed 7, 12 faults, 310 requests, 21.4 s`."""
    parts = (counted(counts.faults, "fault"), counted(counts.requests, "request"), f"{report.duration_s:.1f} s")
    return ", ".join((f"seed {report.seed}", *parts))


def counted(number: int, noun: str) -> str:
    """`1 page`, `1,204 pages`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(words: Iterable[str], limit: int) -> str:
    """`a, b, c and 4 more`."""
    all_words = tuple(words)
    shown = ", ".join(all_words[:limit])
    left = len(all_words) - limit
    return f"{shown} and {left} more" if left > 0 else shown


def _suppressed(report: Report) -> Iterator[Told]:
    for app in report.apps:
        yield from suppressed(app)
