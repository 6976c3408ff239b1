"""What users saw of `chaos --live`, for scripts. Pure."""

import json
from typing import Any

from minipaas.model.live import Done, LiveApp, LiveReport, Seen
from minipaas.report.plain import encodable

SCHEMA_VERSION = 1


def as_live_json(report: LiveReport) -> str:
    """One document. Keys are only ever added."""
    return json.dumps(live_document(report), indent=2, ensure_ascii=False, allow_nan=False)


def live_document(report: LiveReport) -> dict[str, Any]:
    """The same as a value."""
    return {
        "schema_version": SCHEMA_VERSION,
        "live": True,
        "version": report.version,
        "seed": report.seed,
        "rate_per_min": report.rate_per_min,
        "duration_s": round(report.duration_s, 3),
        "command": encodable(report.command),
        "ended": report.ended,
        "requests": report.requests,
        "failed": report.failed,
        "lost": report.lost,
        "apps": [_app(app) for app in report.apps],
        "acts": [_act(done) for done in report.acts],
    }


def _app(app: LiveApp) -> dict[str, Any]:
    return {
        "app": app.app,
        "calm": _seen(app.calm),
        "around": _seen(app.around),
        "by_kind": {kind.value: _seen(seen) for kind, seen in app.by_kind.items()},
    }


def _act(done: Done) -> dict[str, Any]:
    return {
        "at_s": done.at_s,
        "planned_s": round(done.act.at_s, 3),
        "until_s": done.until_s,
        "kind": done.act.kind.value,
        "app": done.act.app,
        "dyno": done.act.dyno,
        "host": done.host or None,
        "apps": sorted(done.apps),
        "left_out": done.note or None,
        "seen": _seen(done.seen),
    }


def _seen(seen: Seen) -> dict[str, Any]:
    times = seen.latency
    return {
        "requests": seen.requests,
        "failed": seen.failed,
        "codes": dict(seen.codes),
        "latency_ms": {"p50": times.p50, "p95": times.p95, "p99": times.p99} if times else None,
    }
