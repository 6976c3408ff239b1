"""What boots say: bound in time, ready when bound, alive at all. Measurements in, findings out. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from minipaas.chaos.story import Beat, app, clipped, heroku, seconds, told
from minipaas.formation import words
from minipaas.limits import Limits
from minipaas.model.dyno import DynoState
from minipaas.model.platform_file import Rules
from minipaas.model.verdict import Finding, Severity
from minipaas.rules.catalogue import BY_CODE
from minipaas.runtime.base import Listener

_LAST_LINES = 8
_LOOPBACK = ("127.", "::1", "::ffff:127.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """One cold boot. Times count in seconds from launch, but `at_s`, which is the launch.

    `cpu_s` is the CPU time it took until its first answer. `bound_s` is None for a web dyno that never bound $PORT,
    and for other process types. `exit_status` is set when it ended by itself. `refused` is what clients met between
    the first accept and the first answer that is no error.
    """

    dyno: str
    process_type: str
    at_s: float
    command: str = ""
    port: int = 0
    bound_s: float | None = None
    cpu_s: float = 0.0
    answered_s: float | None = None
    #: Until it could answer: some servers bind at once, and load the app while the first request waits.
    ready_s: float | None = None
    refused: tuple[str, ...] = ()
    exit_status: int | None = None
    lived_s: float = 0.0
    listeners: tuple[Listener, ...] = ()
    last_lines: tuple[str, ...] = ()
    together: bool = False
    after_kill: bool = False

    @property
    def crashed(self) -> bool:
        """It ended by itself."""
        return self.exit_status is not None

    @property
    def up_s(self) -> float:
        """Until it was bound and could answer; 0 where it never was."""
        return max(self.bound_s or 0.0, self.ready_s or 0.0)

    @property
    def failed(self) -> bool:
        """It is not up."""
        return self.crashed or (self.process_type == "web" and self.bound_s is None)


def boot_findings(boots: Sequence[Boot], budgets: Rules, limits: Limits, *, scaled: bool) -> Iterator[Finding]:
    """Of the boots of one process type, in the order they were made.

    Args:
        scaled: somebody asked for dynos of this type. One that nobody asked for and that ends with status 0 may
            be a job that is meant to end.
    """
    before = [boot for boot in boots if not boot.after_kill]
    after = [boot for boot in boots if boot.after_kill]
    fails_before = [boot for boot in before if boot.failed]
    if fails_before:
        yield from _never_up(before, fails_before, limits, scaled=scaled)
    if after and all(boot.failed for boot in after) and len(fails_before) < len(before):
        yield _after_sudden_death(after, limits)
    elif not fails_before and any(boot.failed for boot in after):
        # The next attempt of the platform came up: a lock that lapsed, say.
        yield from map(_as_warning, _never_up(boots, [boot for boot in after if boot.failed], limits, scaled=scaled))
    bound = [boot for boot in boots if boot.bound_s is not None and not boot.together] or [
        boot for boot in boots if boot.bound_s is not None
    ]
    yield from _slow(bound, budgets, limits)
    yield from _too_early([boot for boot in boots if boot.bound_s is not None])


def _never_up(boots: Sequence[Boot], failed: Sequence[Boot], limits: Limits, *, scaled: bool) -> Iterator[Finding]:
    """One failure of many is told as a warning: the next attempt of the platform would come up."""
    alone = [boot for boot in boots if not boot.together]
    when = ""
    if alone and not any(boot.failed for boot in alone):
        when = " when two dynos boot at once"
    elif len(failed) < len(boots):
        when = f" in {len(failed)} of {len(boots)} cold boots"
    worst = failed[0]
    finding = crash(worst, when) if worst.crashed else no_port(worst, limits, when)
    jobs = worst.exit_status == 0 and worst.process_type != "web" and not scaled
    seldom = len(failed) == 1 and len(boots) > 1
    yield _as_warning(finding) if jobs or seldom else finding


def _as_warning(finding: Finding) -> Finding:
    return Finding(
        code=finding.code,
        severity=Severity.WARNING,
        process_type=finding.process_type,
        message=finding.message,
        evidence=finding.evidence,
        help=finding.help,
        subject=finding.subject,
    )


def crash(boot: Boot, when: str = "") -> Finding:
    """MP202: it ended by itself; H10 is what the router answers in place of a web dyno."""
    web = boot.process_type == "web"
    last = next((line for line in reversed(boot.last_lines) if line.strip()), "")
    why = f": `{clipped(last)}`" if last else ", without a word"
    how = "ends by itself" if boot.exit_status == 0 else "crashes"
    return Finding(
        code="MP202",
        severity=Severity.ERROR,
        process_type=boot.process_type,
        message=(
            f"`{boot.process_type}` {how} {seconds(boot.lived_s)} after its start{when}, with status "
            f"{boot.exit_status}{why}"
        ),
        evidence=told((*_started(boot), *_ended(boot), *_refusal(boot))),
        help=_crash_help(boot),
        error_code="H10" if web else None,
        subject=boot.process_type,
    )


def _crash_help(boot: Boot) -> str:
    if boot.exit_status == 127:
        return "the command of the Procfile is not there: is it among what the buildpack installs?"
    if boot.exit_status == 0 and boot.process_type != "web":
        return (
            "a dyno that ends has crashed, status 0 or not: a worker waits for its next job; what is to end "
            "belongs into the release phase or into `minipaas run`"
        )
    return BY_CODE["MP202"].fix


def no_port(boot: Boot, limits: Limits, when: str = "") -> Finding:
    """MP201: R10, with what it listens on instead."""
    limit = "" if _is_astray(boot, limits) else f" within {limits.boot_timeout_s:g} s of its launch"
    instead, advice = _instead(boot)
    return Finding(
        code="MP201",
        severity=Severity.ERROR,
        process_type=boot.process_type,
        message=f"`{boot.process_type}` does not bind $PORT{limit}{when}: {instead}",
        evidence=told((*_started(boot), *_timed_out(boot, limits))),
        help=advice,
        error_code="R10",
        subject=boot.process_type,
    )


def _is_astray(boot: Boot, limits: Limits) -> bool:
    """Whether it was seen to serve elsewhere, so that the rest of the time was not waited for."""
    return bool(boot.listeners) and 0 < boot.lived_s < limits.boot_timeout_s


def _instead(boot: Boot) -> tuple[str, str]:
    """What it does in place of binding $PORT, and what to do about it."""
    on_port = [each for each in boot.listeners if each.port == boot.port]
    if on_port:
        address = on_port[0].address
        if address.startswith(_LOOPBACK):
            return (
                f"it listens on {address} only, where the router does not reach it",
                "bind 0.0.0.0 instead of the loopback address",
            )
        return f"it listens on {address} only, where the router does not reach it", "bind 0.0.0.0"
    if boot.listeners:
        other = boot.listeners[0]
        who = f" (`{clipped(other.command)}`)" if other.command else ""
        return (
            f"it listens on port {other.port} of its own choice{who}",
            "listen on the port in the config var PORT: `process.env.PORT`, `os.environ['PORT']`, `$PORT`",
        )
    return (
        "it listens on no port at all",
        (
            "listen before the slow work: one-time work belongs into the release phase or the build, "
            "the rest behind the first request or into a worker"
        ),
    )


def _after_sudden_death(boots: Sequence[Boot], limits: Limits) -> Finding:
    worst = boots[0]
    first = crash(worst) if worst.crashed else no_port(worst, limits)
    how = f"ends with status {worst.exit_status}" if worst.crashed else "does not bind $PORT"
    last = next((line for line in reversed(worst.last_lines) if line.strip()), "")
    return Finding(
        code="MP206",
        severity=Severity.ERROR,
        process_type=worst.process_type,
        message=(
            f"after a SIGKILL `{worst.process_type}` does not come up again ({len(boots)} of {len(boots)} boots): "
            f"it {how}{f': `{clipped(last)}`' if last else ''}"
        ),
        evidence=("0.00 s  chaos  SIGKILL in the middle of work, as when hardware fails", *first.evidence),
        help=BY_CODE["MP206"].fix,
        subject=worst.process_type,
    )


def _slow(boots: Sequence[Boot], budgets: Rules, limits: Limits) -> Iterator[Finding]:
    """The median decides: one boot may have met a busy machine."""
    times = [boot.up_s for boot in boots if boot.bound_s is not None]
    if not times or max(times) <= budgets.boot_s:
        return
    usual = median(times)
    over = [boot for boot in boots if boot.up_s > budgets.boot_s]
    until = (
        "to bind $PORT" if (over[0].bound_s or 0) > budgets.boot_s else "to answer, though it binds $PORT before that"
    )
    always = usual > budgets.boot_s
    shown = f"{seconds(usual)} (median of {len(times)} cold boots)" if always else f"up to {seconds(max(times))}"
    yield Finding(
        code="MP203",
        severity=Severity.ERROR if always else Severity.WARNING,
        process_type=boots[0].process_type,
        message=(
            f"`{boots[0].process_type}` takes {shown} {until}, over its budget of {budgets.boot_s:g} s "
            f"(Heroku's limit is {limits.boot_timeout_s:g} s)"
        ),
        evidence=told((*_started(over[0]), *_up(over[0]))),
        help=BY_CODE["MP203"].fix,
        subject=boots[0].process_type,
    )


def _too_early(boots: Sequence[Boot]) -> Iterator[Finding]:
    """Twice at least, and only where it answers in the end: a page that is always an error tells nothing."""
    early = [boot for boot in boots if boot.refused and boot.answered_s is not None]
    if len(early) < 2:
        return
    gap = max((boot.answered_s or 0) - (boot.bound_s or 0) for boot in early)
    kinds = ", ".join(dict.fromkeys(word for boot in early for word in boot.refused))
    yield Finding(
        code="MP207",
        severity=Severity.WARNING,
        process_type="web",
        message=(
            f"`web` listens up to {seconds(gap)} before it can answer: requests in between met {kinds} "
            f"({len(early)} of {len(boots)} boots)"
        ),
        evidence=told((*_started(early[0]), *_up(early[0]))),
        help=BY_CODE["MP207"].fix,
        subject="web",
    )


def _started(boot: Boot) -> Iterator[Beat]:
    yield Beat(boot.at_s, heroku(boot.dyno), words.starting(boot.command, boot.port))


def _up(boot: Boot) -> Iterator[Beat]:
    bound = boot.at_s + (boot.bound_s or 0)
    yield Beat(bound, heroku(boot.dyno), words.changed(DynoState.STARTING, DynoState.UP))
    if boot.refused:
        met = ", ".join(dict.fromkeys(boot.refused))
        yield Beat(bound, "client", f"{len(boot.refused)} requests in a row met {met}")
    if boot.answered_s is not None:
        yield Beat(boot.at_s + boot.answered_s, "client", "the first answer that is no error")


def _output(boot: Boot, at_s: float) -> Iterator[Beat]:
    for line in [line for line in boot.last_lines if line.strip()][-_LAST_LINES:]:
        yield Beat(at_s, app(boot.dyno), line)


def _ended(boot: Boot) -> Iterator[Beat]:
    at_s = boot.at_s + boot.lived_s
    yield from _output(boot, at_s)
    yield Beat(at_s, heroku(boot.dyno), words.exited(boot.exit_status or 0))
    state = DynoState.UP if boot.bound_s is not None else DynoState.STARTING
    yield Beat(at_s, heroku(boot.dyno), words.changed(state, DynoState.CRASHED))


def _refusal(boot: Boot) -> Iterator[Beat]:
    if boot.process_type == "web":
        yield Beat(boot.at_s + boot.lived_s, "heroku[router]", 'at=error code=H10 desc="App crashed" status=503')


def _timed_out(boot: Boot, limits: Limits) -> Iterator[Beat]:
    at_s = boot.at_s + max(boot.lived_s, limits.boot_timeout_s)
    yield from _output(boot, at_s)
    if _is_astray(boot, limits):
        yield Beat(boot.at_s + boot.lived_s, "minipaas", "it serves elsewhere, and was not waited for any longer")
    yield Beat(at_s, heroku(boot.dyno), words.boot_timeout(limits.boot_timeout_s))
    elsewhere = words.bound_elsewhere(boot.listeners, boot.port)
    if elsewhere:
        yield Beat(at_s, "minipaas", elsewhere)
    yield Beat(at_s, heroku(boot.dyno), words.SIGKILL)
    yield Beat(at_s, heroku(boot.dyno), words.exited(137))
    yield Beat(at_s, heroku(boot.dyno), words.changed(DynoState.STARTING, DynoState.CRASHED))
