"""What chaos says of an app: findings, a verdict for each rule, what was and was not exercised."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Rule(StrEnum):
    """The three rules."""

    ONE = "one"
    TWO = "two"
    THREE = "three"


class Verdict(StrEnum):
    """`inconclusive` is no weak `kept`: it says that too little was seen to tell."""

    KEPT = "kept"
    BROKEN = "broken"
    INCONCLUSIVE = "inconclusive"


class Severity(StrEnum):
    """Errors break a rule, warnings do not."""

    ERROR = "error"
    WARNING = "warning"


class Cause(StrEnum):
    """Where the state was that a break of rule one lost."""

    FILES = "files"
    MEMORY = "memory"
    BOOT_SECRET = "boot-secret"
    FILE_SECRET = "file-secret"
    AFFINITY = "affinity"


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the user's own files: `path` relative to where the command ran, `line` from 1, its `text`."""

    path: str
    line: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, told so that it can be understood alone.

    `code` names an entry of the catalogue (`minipaas explain MP101`). `evidence` is a timeline, one line
    each, oldest first: `TIME  WHO  WHAT` with two spaces between, or a line as Heroku logs it, is set in columns.
    `repeat` is a command that shows the same again. `error_code` is Heroku's, where one
    applies. `subject` tells findings of one code apart (a form, a route, a process); it holds no times and
    no ports, so that the same fault has the same `fingerprint` in every run. `place` is where the process type
    is declared, `trial` names the part of the app's timeline that shows the finding.
    """

    code: str
    severity: Severity
    process_type: str
    message: str
    evidence: tuple[str, ...] = ()
    help: str = ""
    repeat: str = ""
    cause: Cause | None = None
    error_code: str | None = None
    subject: str = ""
    place: Place | None = None
    trial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVerdict:
    """One rule; `reason` says why an inconclusive one is."""

    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    #: Findings that minipaas.yml suppresses, with the reason given there.
    suppressed: tuple[tuple[Finding, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the run exercised; `missed` names routes and forms that it did not."""

    pages: int = 0
    forms: int = 0
    routes_exercised: int = 0
    routes_known: int = 0
    live_markers: int = 0
    faults: int = 0
    requests: int = 0
    missed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEvent:
    """Something to draw: `lane` is a dyno or a client.

    `kind` is, for a dyno, boot, up, stop (SIGTERM), kill (SIGKILL), exit; for a client, request, loss (a read
    that misses what was written); `fault` is what chaos did, whatever its lane. Times are seconds since the run
    began; `until_s` is for what lasts. `ok` false: a boot, an exit or a request that failed.
    """

    at_s: float
    lane: str
    kind: str
    text: str
    until_s: float | None = None
    trial: str = ""
    ok: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AppVerdict:
    """All of one app."""

    app: str
    release: str
    rules: Mapping[Rule, RuleVerdict]
    coverage: Coverage = field(default_factory=Coverage)
    timeline: tuple[TimelineEvent, ...] = ()
    #: The last lines of an app that never came up.
    last_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run of chaos over some apps: the one value that every writer writes."""

    seed: int
    duration_s: float
    version: str
    apps: tuple[AppVerdict, ...]
    #: The command that repeats the whole run.
    command: str = ""


def worst(verdicts: "tuple[Verdict, ...] | list[Verdict]") -> Verdict:
    """Broken before inconclusive before kept."""
    for each in (Verdict.BROKEN, Verdict.INCONCLUSIVE):
        if each in verdicts:
            return each
    return Verdict.KEPT


def judge(findings: tuple[Finding, ...], *, conclusive: bool, reason: str = "") -> RuleVerdict:
    """An error breaks the rule whatever was not seen; without one the rule is kept only if enough was seen."""
    if any(finding.severity is Severity.ERROR for finding in findings):
        return RuleVerdict(verdict=Verdict.BROKEN, findings=findings)
    verdict = Verdict.KEPT if conclusive else Verdict.INCONCLUSIVE
    return RuleVerdict(verdict=verdict, findings=findings, reason="" if conclusive else reason)
