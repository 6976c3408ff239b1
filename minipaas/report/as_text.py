"""The report for a terminal: findings as a linter shows them, then what was seen, the verdicts, the counts."""

from minipaas.model.verdict import AppVerdict, Report, Rule, RuleVerdict, Severity, Verdict
from minipaas.report.document import (
    Told,
    count,
    counted,
    covered,
    extent,
    findings,
    in_short,
    judged,
    listed,
    suppressed,
)
from minipaas.report.plain import cleaned, plain
from minipaas.report.sheet import Ink, Sheet

#: How many routes and forms that were not exercised are named.
NAMED = 8
_INKS = {Severity.ERROR: Ink.FAILS, Severity.WARNING: Ink.WARNS}
_VERDICT_INKS = {Verdict.BROKEN: Ink.FAILS, Verdict.INCONCLUSIVE: Ink.UNKNOWN, Verdict.KEPT: Ink.KEPT}


def as_text(report: Report, *, width: int = 80, colour: bool = False) -> str:
    """The report in lines of at most `width` columns, but for commands; without a newline at the end.

    Order: each app's errors, warnings, what is suppressed, what could not be told, what was exercised; then one line
    for each app, the counts, and the command that repeats the run.
    """
    report = cleaned(report, plain)
    sheet = Sheet(width, colour=colour)
    for app in report.apps:
        _app(sheet, app)
    _verdicts(sheet, report)
    _totals(sheet, report)
    return sheet.text()


def verdict_line(app: AppVerdict, *, colour: bool = False) -> str:
    """`notes: rule one BROKEN (files) · rule two kept · rule three kept`; never wrapped, for `grep`."""
    sheet = Sheet(80, colour=colour)
    parts = [
        f"rule {rule} {sheet.paint(in_short(app.rules[rule]), _VERDICT_INKS[app.rules[rule].verdict])}"
        for rule in judged(app)
    ]
    return f"{sheet.paint(f'{app.app}:', Ink.HEAD)} {' · '.join(parts)}"


def finding_text(told: Told, *, width: int = 80) -> str:
    """One finding without colours, as a test report's body shows it."""
    sheet = Sheet(width, colour=False)
    _finding(sheet, told)
    return sheet.text()


def _app(sheet: Sheet, app: AppVerdict) -> None:
    sheet.blank()
    sheet.lines.append(sheet.paint(f"=== {app.app}", Ink.HEAD) + (f" ({app.release})" if app.release else ""))
    for told in findings(app):
        sheet.blank()
        _finding(sheet, told)
    sheet.blank()
    for told in suppressed(app):
        sheet.say(told.reason or "no reason given", label=f"suppressed {_title(told)}:", ink=Ink.FAINT)
    for rule in judged(app):
        _inconclusive(sheet, rule, app.rules[rule])
    if app.last_lines:
        sheet.say("the last lines of its log:")
        sheet.story(app.last_lines, indent=2)
    sheet.say(", ".join(covered(app.coverage)), label="coverage:", ink=Ink.POINTS)
    if app.coverage.missed:
        sheet.say(listed(app.coverage.missed, NAMED), label="never exercised:", ink=Ink.POINTS)


def _finding(sheet: Sheet, told: Told) -> None:
    finding = told.finding
    times = f" (×{told.count})" if told.count > 1 else ""
    label = f"{finding.code} {finding.severity}:"
    sheet.say(finding.message + times, label=label, ink=_INKS[finding.severity], hang=6)
    if finding.place:
        where = f"{finding.place.path}:{finding.place.line}"
        sheet.say(f"{where}  {finding.place.text}", label="-->", ink=Ink.POINTS, indent=2, hang=4)
    sheet.story(finding.evidence, indent=4)
    if finding.help:
        sheet.say(finding.help, label="help:", ink=Ink.POINTS, indent=2, hang=6)
    if finding.repeat:
        sheet.exactly(finding.repeat, label="repeat:", ink=Ink.POINTS, indent=2)
    sheet.exactly(f"minipaas explain {finding.code}", label="docs:", ink=Ink.POINTS, indent=2)


def _inconclusive(sheet: Sheet, rule: Rule, verdict: RuleVerdict) -> None:
    if verdict.verdict is Verdict.INCONCLUSIVE:
        sheet.say(
            verdict.reason or "too little was seen to tell", label=f"rule {rule} inconclusive:", ink=Ink.UNKNOWN
        )


def _verdicts(sheet: Sheet, report: Report) -> None:
    sheet.blank()
    sheet.lines += [verdict_line(app, colour=sheet.colour) for app in report.apps]


def _totals(sheet: Sheet, report: Report) -> None:
    counts = count(report)
    verdicts = (
        f"{counted(counts.broken, 'rule')} broken",
        f"{counts.inconclusive:,} inconclusive",
        f"{counts.kept:,} kept",
    )
    found = (
        counted(counts.errors, "error"),
        counted(counts.warnings, "warning"),
        *(f"{number:,} suppressed ({reason})" for reason, number in counts.suppressed.items()),
    )
    sheet.blank()
    sheet.say(f"{', '.join(verdicts)}; {', '.join(found)}", hang=2)
    sheet.say(f"({extent(report, counts)})", hang=2)
    if report.command:
        sheet.exactly(report.command, label="repeat:", ink=Ink.POINTS)


def _title(told: Told) -> str:
    return " ".join(word for word in (told.finding.code, told.name, f"({told.finding.process_type})") if word)
