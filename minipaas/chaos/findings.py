"""Confirmed breaks of rule one as findings that can be understood alone. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from minipaas.chaos.history import FileEvidence
from minipaas.chaos.loss import Loss, Symptom
from minipaas.chaos.plan import Plan, tries, typed
from minipaas.chaos.rule_one import Break, Result, subject
from minipaas.chaos.timeline import asked, missed, seconds
from minipaas.chaos.trial import Kind
from minipaas.model.verdict import Cause, Finding, Severity
from minipaas.rules.catalogue import BY_CODE

_CODES = {
    Cause.FILES: "MP101",
    Cause.MEMORY: "MP102",
    Cause.BOOT_SECRET: "MP103",
    Cause.FILE_SECRET: "MP104",
    Cause.AFFINITY: "MP105",
}
_KEPT_IN = {
    Cause.FILES: "it is kept in files of the dyno",
    Cause.MEMORY: "it is kept in the memory of one process",
    Cause.BOOT_SECRET: "cookies are signed with a secret that each process makes at boot",
    Cause.FILE_SECRET: "cookies are signed with a secret that is kept in a file of the dyno",
    Cause.AFFINITY: "it is there only for who meets the same dyno again",
}
#: Pages that are meant to tell of the process that answers.
_ABOUT_THE_PROCESS = ("metrics", "health", "stat", "ping", "ready", "live", "debug", "info", "version")
_MOST_FILES = 3


@dataclass(frozen=True, slots=True)
class Setting:
    """Several apps: `app` had the faults, users came in by `entry`, `calm` had none."""

    app: str
    entry: str
    calm: tuple[str, ...]


def findings(plan: Plan, result: Result, setting: Setting | None = None) -> tuple[Finding, ...]:
    """Breaks first, then what only looks suspicious. `setting`: where several apps use each other."""
    breaks = [_blamed(_break(plan, each), each, setting) for each in result.breaks]
    unique = {(finding.code, finding.subject): finding for finding in breaks}
    return (*unique.values(), *_files(result), *_drifts(result))


def _break(plan: Plan, found: Break) -> Finding:
    loss, code = found.loss, _CODES[found.cause]
    entry = BY_CODE[code]
    write = plan.steps[loss.write] if loss.write is not None else None
    what = f"what `{write.label}` entered" if write is not None else f"what a user sees on {loss.pattern}"
    if write is not None and tries(plan, loss.read):
        what = f"the limit that `{write.label}` had reached"
    when = "after a relocation" if found.trial.kind is Kind.LOSE else "when another dyno answers"
    if found.cause in (Cause.MEMORY, Cause.BOOT_SECRET):
        when = "after a restart"
    if found.trial.several:
        when = "when another dyno answers"
    return Finding(
        code=code,
        severity=Severity.ERROR,
        process_type="web",
        message=f"{what} {_verb(plan, loss)} {when}: {_KEPT_IN[found.cause]}",
        evidence=tuple(_evidence(plan, found)),
        help=entry.fix,
        cause=found.cause,
        subject=subject(plan, loss),
        trial=trial_name(plan, found),
    )


def _blamed(finding: Finding, found: Break, setting: Setting | None) -> Finding:
    """Which app's page showed it, and which app's fault it was."""
    if setting is None:
        return finding
    calm = ", ".join(setting.calm)
    blame = f"{found.loss.pattern} of {setting.entry} showed the loss; the fault hit {setting.app} alone, not {calm}"
    through = f"{setting.entry} shows what {setting.app} loses: " if setting.entry != setting.app else ""
    return replace(finding, message=f"{through}{finding.message}", evidence=(*finding.evidence, blame))


def _verb(plan: Plan, loss: Loss) -> str:
    if tries(plan, loss.read):
        return f"is forgotten ({loss.pattern} answers {loss.seen} instead of {loss.expected})"
    if loss.symptom is Symptom.STATUS:
        return f"is refused ({loss.pattern} answers {loss.seen} instead of {loss.expected})"
    if loss.symptom is Symptom.RETURNED:
        return "comes back though it was taken away"
    if loss.symptom is Symptom.TWICE:
        return "is taken twice when it is sent again"
    if loss.symptom in (Symptom.NUMBER, Symptom.LINE, Symptom.TOLD):
        return f"is undone on {loss.pattern} (`{_short(loss.expected)}`, then {_short(loss.seen)})"
    return "is gone"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def trial_name(plan: Plan, found: Break) -> str:
    """What the play that shows a break is called in the report."""
    phases = f" {', '.join(sorted(found.trial.phases))}" if found.trial.phases else ""
    return f"{found.trial.kind}{phases}, {subject(plan, found.loss)}"


def _evidence(plan: Plan, found: Break) -> Iterator[str]:
    """The play that shows it, as a timeline, and what all plays say."""
    loss, example = found.loss, found.example
    for exchange in example.exchanges:
        at = (exchange.step, exchange.at)
        if exchange.step == loss.write and not exchange.is_read:
            yield f"{seconds(example, exchange):.2f} s  {exchange.client}  {asked(exchange)}{_typed(plan, loss)}"
            yield from _faults(found, seconds(example, exchange))
        elif at == (loss.read, loss.at):
            yield f"{seconds(example, exchange):.2f} s  {exchange.client}  {missed(exchange, loss)}"
            break
    else:
        yield f"{loss.client} {loss.pattern}: {loss.expected} expected, {loss.seen}"
    yield f"so in {found.failed} of {found.of} plays with the fault and in none of {found.of} without it (p = .004)"
    yield "; ".join(f"{name}: {'lost' if lost else 'kept'}" for name, lost in found.grid)
    for file in _holding(example.files, loss):
        yield f"disk of web.1: {file.path} ({file.size} bytes) holds {', '.join(file.holds[:3])}"


def _typed(plan: Plan, loss: Loss) -> str:
    words = ", ".join(marker.token for marker in typed(plan.steps[loss.write])) if loss.write is not None else ""
    return f" with {words}" if words else ""


def _faults(found: Break, after_s: float) -> Iterator[str]:
    faults = [event for event in found.example.events if event.kind == "fault" and event.at_s >= after_s]
    for event in faults[:1]:
        yield f"{event.at_s:.2f} s  fault  {event.text}"
    if found.trial.several:
        yield "fault  two dynos answer in turn"


def _holding(files: Sequence[FileEvidence], loss: Loss) -> list[FileEvidence]:
    exact = [file for file in files if loss.expected in file.holds]
    return (exact or [file for file in files if file.holds])[:_MOST_FILES]


def _files(result: Result) -> Iterator[Finding]:
    """Files left by requests that no confirmed break explains."""
    if any(each.cause in (Cause.FILES, Cause.FILE_SECRET) for each in result.breaks):
        return
    files = {file.path: file for calm in result.calms for file in calm.files if file.holds}
    if not files:
        return
    shown = ", ".join(sorted(files)[:_MOST_FILES])
    yield Finding(
        code="MP110",
        severity=Severity.WARNING,
        process_type="web",
        message=f"requests leave what users typed in files of the dyno ({shown}), though nobody was seen to miss it",
        evidence=tuple(
            f"{file.path} ({file.size} bytes) holds {', '.join(file.holds[:3])}" for file in files.values()
        )[:5],
        help=BY_CODE["MP110"].fix,
        subject="files",
    )


def _drifts(result: Result) -> Iterator[Finding]:
    """Lines that change with the dyno on pages that are not about it; a break makes them change anyway."""
    shown = [
        (pattern, line)
        for pattern, line in dict.fromkeys(result.drifts)
        if not any(word in pattern.lower() for word in _ABOUT_THE_PROCESS)
    ]
    if shown and not result.breaks:
        yield Finding(
            code="MP111",
            severity=Severity.WARNING,
            process_type="web",
            message=f"{shown[0][0]} says different numbers on different dynos: `{_short(shown[0][1])}`",
            evidence=tuple(f"{pattern}: {_short(line)}" for pattern, line in shown[:5]),
            help=BY_CODE["MP111"].fix,
            subject=shown[0][0],
        )
