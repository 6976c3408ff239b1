"""The report as SARIF 2.1.0, for code scanning: rule = code of the catalogue, result = finding.

A rule that could not be judged is no result, since a result names one code; it is a notification of the tool.
"""

import json
import re
from typing import Any
from urllib.parse import quote

from minipaas.model.verdict import AppVerdict, Finding, Report, Severity, Verdict
from minipaas.report.document import Told, findings, judged, suppressed
from minipaas.report.evidence import moment
from minipaas.report.plain import cleaned, plain
from minipaas.rules.catalogue import ENTRIES, RULES, Entry

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#: Paths are relative to where the command ran: the root of the checkout, in CI.
ROOT = "%SRCROOT%"
_INDEX = {entry.code: at for at, entry in enumerate(ENTRIES)}
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")


def as_sarif(report: Report) -> str:
    """One log with one run."""
    report = cleaned(report, plain)
    run = {
        "tool": {"driver": _driver(report)},
        "automationDetails": {"id": "minipaas/chaos/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": [_result(report, app, told) for app in report.apps for told in (*findings(app), *suppressed(app))],
        "properties": {"seed": report.seed, "duration_s": round(report.duration_s, 3), "verdicts": _verdicts(report)},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _driver(report: Report) -> dict[str, Any]:
    return {
        "name": "minipaas",
        **({"version": report.version} if report.version else {}),
        "rules": [_rule(entry) for entry in ENTRIES],
    }


def _rule(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.code,
        "name": "".join(word.title() for word in entry.name.split("-")),
        "shortDescription": {"text": _escaped(entry.title)},
        "fullDescription": {"text": _escaped(entry.why)},
        "helpUri": entry.source,
        "help": {
            "text": _escaped(f"{entry.why}\n\nExample: {entry.example}\n\nWay out: {entry.fix}"),
            "markdown": "\n\n".join((entry.why, f"**Example.** {entry.example}", f"**Way out.** {entry.fix}")),
        },
        "defaultConfiguration": {"level": entry.severity.value},
        "properties": {"tags": [f"rule-{entry.rule}"], "precision": "very-high", "problem.severity": entry.severity},
    }


def _invocation(report: Report) -> dict[str, Any]:
    notes = [
        {
            "level": "warning",
            "message": {"text": _escaped(f"{app.app}: rule {rule} ({RULES[rule]}) is inconclusive: {why}")},
        }
        for app in report.apps
        for rule in judged(app)
        if app.rules[rule].verdict is Verdict.INCONCLUSIVE
        for why in (app.rules[rule].reason or "too little was seen to tell",)
    ]
    command = {"commandLine": report.command} if report.command else {}
    return {"executionSuccessful": True, **command, "toolExecutionNotifications": notes}


def _verdicts(report: Report) -> dict[str, Any]:
    return {app.app: {rule.value: app.rules[rule].verdict.value for rule in judged(app)} for app in report.apps}


def _result(report: Report, app: AppVerdict, told: Told) -> dict[str, Any]:
    finding = told.finding
    return {
        "ruleId": finding.code,
        **({"ruleIndex": _INDEX[finding.code]} if finding.code in _INDEX else {}),
        "level": "error" if finding.severity is Severity.ERROR else "warning",
        "kind": "fail",
        "message": {"text": _escaped(finding.message)},
        "locations": [_location(app, finding)],
        **({"codeFlows": [_flow(app, finding)]} if finding.evidence else {}),
        **({"occurrenceCount": told.count} if told.count > 1 else {}),
        "partialFingerprints": {"minipaas/v1": told.fingerprint},
        **({"suppressions": [_suppression(told.reason)]} if told.reason is not None else {}),
        "properties": _properties(report, app, finding),
    }


def _location(app: AppVerdict, finding: Finding, message: str = "") -> dict[str, Any]:
    logical = {
        "name": finding.process_type,
        "fullyQualifiedName": f"{app.app}/{finding.process_type}",
        "kind": "processType",
    }
    return {
        **({"message": {"text": _escaped(message)}} if message else {}),
        **({"physicalLocation": _physical(finding)} if finding.place else {}),
        "logicalLocations": [logical],
    }


def _physical(finding: Finding) -> dict[str, Any]:
    place = finding.place
    assert place is not None
    region: dict[str, Any] = {"startLine": max(place.line, 1)}
    if place.text:
        region["snippet"] = {"text": place.text}
    return {"artifactLocation": {"uri": quote(place.path), "uriBaseId": ROOT}, "region": region}


def _flow(app: AppVerdict, finding: Finding) -> dict[str, Any]:
    steps = []
    for number, line in enumerate(finding.evidence, start=1):
        told = moment(line)
        said = " ".join(word for word in (told.when, told.who, told.what) if word) or "-"
        steps.append({"executionOrder": number, "importance": "important", "location": _location(app, finding, said)})
    return {"message": {"text": "what was done, and what came of it"}, "threadFlows": [{"locations": steps}]}


def _suppression(reason: str) -> dict[str, Any]:
    return {"kind": "external", "status": "accepted", "justification": reason}


def _properties(report: Report, app: AppVerdict, finding: Finding) -> dict[str, Any]:
    return {
        "app": app.app,
        "release": app.release,
        "subject": finding.subject,
        "cause": finding.cause.value if finding.cause else None,
        "errorCode": finding.error_code,
        "help": finding.help,
        "repeat": finding.repeat,
        "seed": report.seed,
    }


def _escaped(text: str) -> str:
    """As SARIF 3.11.5 and 3.11.6 want it: braces doubled, and nothing that would be read as a link."""
    return _LINK.sub(r"\\[", text).replace("{", "{{").replace("}", "}}")
