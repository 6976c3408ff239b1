"""What users saw of `chaos --live`, for people. Pure."""

from collections.abc import Iterable, Iterator

from minipaas.model.live import ActKind, Done, LiveApp, LiveReport, Seen
from minipaas.report.document import counted
from minipaas.report.plain import plain

_HEAD = ("", "acts", "requests", "failed", "p50", "p95", "p99", "codes")


def as_live_text(report: LiveReport, *, acts: bool = True) -> str:
    """Acts in order, if these are wanted, a table for each app, the sum; without a newline at the end."""
    lines = [act_line(done) for done in report.acts] if acts else []
    return "\n".join(map(plain, (*lines, *_lines(report))))


def _lines(report: LiveReport) -> Iterator[str]:
    for app in report.apps:
        yield ""
        yield f"=== {app.app}"
        yield from _table(app, report.acts)
    yield ""
    acts = sum(not done.note for done in report.acts)
    yield (
        f"{report.failed:,} of {counted(report.requests, 'request')} failed; {counted(acts, 'act')}"
        f" in {report.duration_s:.0f} s, seed {report.seed}; {report.ended}"
    )
    if report.lost:
        yield f"{counted(report.lost, 'request')} went by too fast to be counted"
    yield f"repeat: {report.command}"


def act_line(done: Done) -> str:
    """`  3.2 s  restart of web.1 of notes: up again after 0.8 s; 132 requests, 0 failed`."""
    host = f" ({done.host})" if done.host else ""
    return f"{done.at_s:7.1f} s  {done.act.what}{host}: {_outcome(done)}"


def _outcome(done: Done) -> str:
    if done.note:
        return f"left out: {done.note}"
    end = "not up again" if done.until_s is None else f"up again after {done.until_s - done.at_s:.1f} s"
    codes = f" ({_codes(done.seen)})" if done.seen.codes else ""
    return f"{end}; {counted(done.seen.requests, 'request')} meanwhile, {done.seen.failed:,} failed{codes}"


def _table(app: LiveApp, acts: Iterable[Done]) -> list[str]:
    mine = [done for done in acts if app.app in done.apps]
    count = {kind: sum(done.act.kind is kind for done in mine) for kind in ActKind}
    rows = [
        _HEAD,
        _row("calm", None, app.calm),
        *(_row(kind.value, count[kind], app.by_kind.get(kind, Seen())) for kind in ActKind if count[kind]),
        _row("around acts", len(mine), app.around),
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEAD))]
    return ["  ".join(_cell(row[at], widths[at], at) for at in range(len(_HEAD))).rstrip() for row in rows]


def _cell(text: str, width: int, at: int) -> str:
    return text.ljust(width) if at in (0, len(_HEAD) - 1) else text.rjust(width)


def _row(name: str, acts: int | None, seen: Seen) -> tuple[str, ...]:
    times = (seen.latency.p50, seen.latency.p95, seen.latency.p99) if seen.latency else None
    shown = tuple(f"{each} ms" for each in times) if times else ("-", "-", "-")
    return (name, "" if acts is None else str(acts), f"{seen.requests:,}", f"{seen.failed:,}", *shown, _codes(seen))


def _codes(seen: Seen) -> str:
    return ", ".join(f"{code} ×{number}" for code, number in seen.codes.items())
