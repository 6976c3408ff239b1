"""The report as the JSON document that scripts rely on; `docs/report.schema.json` describes it."""

import json
from typing import Any

from minipaas.model.verdict import AppVerdict, Coverage, Finding, Report, Rule, TimelineEvent
from minipaas.report.document import Told, count, findings_of, judged, suppressed_of
from minipaas.report.plain import cleaned, encodable

SCHEMA_VERSION = 1


def as_json(report: Report) -> str:
    """One document. Keys are only ever added; texts are as the app gave them, controls escaped as JSON does."""
    report = cleaned(report, encodable)
    return json.dumps(document(report), indent=2, ensure_ascii=False, allow_nan=False)


def document(report: Report) -> dict[str, Any]:
    """The same as a value."""
    counts = count(report)
    return {
        "schema_version": SCHEMA_VERSION,
        "version": report.version,
        "seed": report.seed,
        "duration_s": round(report.duration_s, 3),
        "command": report.command,
        "counts": {
            "broken": counts.broken,
            "inconclusive": counts.inconclusive,
            "kept": counts.kept,
            "errors": counts.errors,
            "warnings": counts.warnings,
            "suppressed": sum(counts.suppressed.values()),
        },
        "apps": [_app(app) for app in report.apps],
    }


def _app(app: AppVerdict) -> dict[str, Any]:
    return {
        "app": app.app,
        "release": app.release,
        "rules": {rule.value: _rule(app, rule) for rule in judged(app)},
        "coverage": _coverage(app.coverage),
        "last_lines": list(app.last_lines),
        "timeline": [_event(event) for event in app.timeline],
    }


def _rule(app: AppVerdict, rule: Rule) -> dict[str, Any]:
    verdict = app.rules[rule]
    return {
        "verdict": verdict.verdict.value,
        "reason": verdict.reason,
        "findings": [_finding(told) for told in findings_of(app, rule)],
        "suppressed": [{**_finding(told), "suppressed_because": told.reason} for told in suppressed_of(app, rule)],
    }


def _finding(told: Told) -> dict[str, Any]:
    finding = told.finding
    return {
        "code": finding.code,
        "name": told.name,
        "severity": finding.severity.value,
        "cause": finding.cause.value if finding.cause else None,
        "error_code": finding.error_code,
        "process_type": finding.process_type,
        "subject": finding.subject,
        "message": finding.message,
        "place": _place(finding),
        "evidence": list(finding.evidence),
        "help": finding.help,
        "repeat": finding.repeat,
        "trial": finding.trial,
        "count": told.count,
        "fingerprint": told.fingerprint,
    }


def _place(finding: Finding) -> dict[str, Any] | None:
    place = finding.place
    return {"path": place.path, "line": place.line, "text": place.text} if place else None


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "pages": coverage.pages,
        "forms": coverage.forms,
        "routes_exercised": coverage.routes_exercised,
        "routes_known": coverage.routes_known,
        "live_markers": coverage.live_markers,
        "faults": coverage.faults,
        "requests": coverage.requests,
        "missed": list(coverage.missed),
    }


def _event(event: TimelineEvent) -> dict[str, Any]:
    return {
        "at_s": round(event.at_s, 4),
        "until_s": None if event.until_s is None else round(event.until_s, 4),
        "lane": event.lane,
        "kind": event.kind,
        "ok": event.ok,
        "trial": event.trial,
        "text": event.text,
    }
