"""The report as JUnit XML, in the part of it that Jenkins and GitLab both read: suite = app, case = rule.

A rule that could not be judged is an `error`, not `skipped`: CI shows skipped cases as fine, and nothing was
found to be fine. A case has one `failure` with all of its findings, since most readers show only the first.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from minipaas.model.verdict import AppVerdict, Report, Rule, Severity, Verdict
from minipaas.report.as_text import finding_text
from minipaas.report.document import Told, covered, findings_of, judged, suppressed_of
from minipaas.report.plain import cleaned, plain
from minipaas.rules.catalogue import RULES

#: Columns of the bodies; CI shows them in a fixed-width block.
WIDTH = 100


def as_junit(report: Report) -> str:
    """The document, with its XML declaration."""
    report = cleaned(report, plain)
    verdicts = [verdict.verdict for app in report.apps for verdict in app.rules.values()]
    totals = {"name": "minipaas chaos", **_totals(verdicts), "time": f"{report.duration_s:.3f}"}
    suites = Element("testsuites", totals)
    for app in report.apps:
        _suite(suites, report, app)
    indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}'


def _totals(verdicts: list[Verdict]) -> dict[str, str]:
    return {
        "tests": str(len(verdicts)),
        "failures": str(verdicts.count(Verdict.BROKEN)),
        "errors": str(verdicts.count(Verdict.INCONCLUSIVE)),
    }


def _suite(suites: Element, report: Report, app: AppVerdict) -> None:
    totals = _totals([verdict.verdict for verdict in app.rules.values()])
    suite = SubElement(suites, "testsuite", {"name": app.app, **totals, "skipped": "0"})
    properties = SubElement(suite, "properties")
    for name, value in (
        ("release", app.release),
        ("seed", str(report.seed)),
        ("minipaas", report.version),
        ("command", report.command),
        ("coverage", ", ".join(covered(app.coverage))),
    ):
        SubElement(properties, "property", name=name, value=value)
    for rule in judged(app):
        _case(suite, app, rule)


def _case(suite: Element, app: AppVerdict, rule: Rule) -> None:
    case = SubElement(suite, "testcase", classname=app.app, name=f"rule {rule}: {RULES[rule]}")
    told = findings_of(app, rule)
    errors = [each for each in told if each.finding.severity is Severity.ERROR]
    verdict = app.rules[rule]
    if verdict.verdict is Verdict.BROKEN:
        failure = SubElement(case, "failure", type=_codes(errors), message=_headline(errors))
        failure.text = _body(errors)
    elif verdict.verdict is Verdict.INCONCLUSIVE:
        error = SubElement(
            case, "error", type="inconclusive", message=verdict.reason or "too little was seen to tell"
        )
        error.text = "\n".join(f"never exercised: {each}" for each in app.coverage.missed)
    beside = _beside(told, suppressed_of(app, rule), app.last_lines if verdict.verdict is not Verdict.KEPT else ())
    if beside:
        SubElement(case, "system-out").text = beside


def _codes(errors: list[Told]) -> str:
    return ",".join(dict.fromkeys(each.finding.code for each in errors))


def _headline(errors: list[Told]) -> str:
    if not errors:
        return "the rule is broken"
    first = f"{errors[0].finding.code}: {errors[0].finding.message}"
    return f"{first} (and {len(errors) - 1} more)" if len(errors) > 1 else first


def _body(told: list[Told]) -> str:
    return "\n\n".join(finding_text(each, width=WIDTH) for each in told)


def _beside(told: tuple[Told, ...], suppressed: tuple[Told, ...], last_lines: tuple[str, ...]) -> str:
    """What does not decide the case, and is worth reading all the same."""
    parts = [finding_text(each, width=WIDTH) for each in told if each.finding.severity is Severity.WARNING]
    parts += [f"suppressed ({each.reason}):\n{finding_text(each, width=WIDTH)}" for each in suppressed]
    if last_lines:
        parts.append("the last lines of its log:\n" + "\n".join(last_lines))
    return "\n\n".join(parts)
