"""What stops say: gone in time, and no request lost. Measurements in, findings out. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from minipaas.chaos.story import Beat, clipped, heroku, seconds, told
from minipaas.formation import words
from minipaas.limits import Limits
from minipaas.model.platform_file import Rules
from minipaas.model.verdict import Finding, Severity
from minipaas.rules.catalogue import BY_CODE

#: Who starts others and often does not pass a signal on, or waits for who does not listen to it.
_GO_BETWEEN = ("npm ", "yarn ", "pnpm ", "bash ", "sh ", "/bin/sh ", "/bin/bash ", "npx ")


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """A request that the app had begun to read, or to answer, when SIGTERM came.

    `began_s` counts as `Stop.at_s` does; `outcome` is a status, or why no answer came.
    """

    label: str
    began_s: float
    ended_s: float
    outcome: str
    lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One stop. `at_s` is the moment of SIGTERM.

    `took_s` runs from SIGTERM, or from the moment the last request in flight was sent to its end, to the end of
    all processes; None when they had to be killed after `waited_s`. `left` are the command lines of who
    was left then. `cut_short`: it was killed early, because an earlier stop had told enough.
    """

    dyno: str
    process_type: str
    at_s: float
    took_s: float | None
    waited_s: float
    exit_status: int
    left: tuple[str, ...] = ()
    in_flight: InFlight | None = None
    cut_short: bool = False


def stop_findings(stops: Sequence[Stop], budgets: Rules, limits: Limits) -> Iterator[Finding]:
    """Of the stops of one process type."""
    told_all = [stop for stop in stops if not stop.cut_short]
    never = [stop for stop in told_all if stop.took_s is None]
    slow = [stop for stop in told_all if stop.took_s is not None and stop.took_s > budgets.exit_s]
    if never:
        yield _ignores(never, told_all, limits)
    elif len(slow) > 1 or (slow and 2 * len(slow) >= len(told_all)):
        yield _slow(slow, told_all, budgets, limits)
    if not never:
        yield from _drops(told_all)


def _ignores(never: Sequence[Stop], of: Sequence[Stop], limits: Limits) -> Finding:
    worst = never[0]
    left = ", ".join(f"`{clipped(command)}`" for command in worst.left[:3])
    return Finding(
        code="MP204",
        severity=Severity.ERROR,
        process_type=worst.process_type,
        message=(
            f"`{worst.process_type}` does not exit within {limits.exit_timeout_s:g} s of SIGTERM "
            f"({len(never)} of {len(of)} stops){f'; left was {left}' if left else ''}"
        ),
        evidence=told(
            (
                Beat(worst.at_s, heroku(worst.dyno), words.SIGTERM_ALL),
                Beat(worst.at_s + worst.waited_s, heroku(worst.dyno), words.exit_timeout(limits.exit_timeout_s)),
                *(Beat(worst.at_s + worst.waited_s, "survivor", command) for command in worst.left[:5]),
                Beat(worst.at_s + worst.waited_s, heroku(worst.dyno), words.SIGKILL_REST),
                Beat(worst.at_s + worst.waited_s, heroku(worst.dyno), words.exited(worst.exit_status)),
            )
        ),
        help=_help(worst),
        error_code="R12",
        subject=worst.process_type,
    )


def _help(stop: Stop) -> str:
    if any(command.startswith(_GO_BETWEEN) for command in stop.left) and len(stop.left) > 1:
        return f"{BY_CODE['MP204'].fix} Start the program itself rather than by way of `{stop.left[0].split()[0]}`."
    return BY_CODE["MP204"].fix


def _slow(slow: Sequence[Stop], of: Sequence[Stop], budgets: Rules, limits: Limits) -> Finding:
    worst = max(slow, key=lambda stop: stop.took_s or 0)
    took = worst.took_s or 0
    return Finding(
        code="MP204",
        severity=Severity.ERROR,
        process_type=worst.process_type,
        message=(
            f"`{worst.process_type}` takes up to {seconds(took)} to exit after SIGTERM ({len(slow)} of {len(of)} "
            f"stops), over its budget of {budgets.exit_s:g} s (Heroku kills after {limits.exit_timeout_s:g} s)"
        ),
        evidence=told(
            (
                Beat(worst.at_s, heroku(worst.dyno), words.SIGTERM_ALL),
                Beat(worst.at_s + worst.waited_s, heroku(worst.dyno), words.exited(worst.exit_status)),
            )
        ),
        help="end what is in flight and exit; a wait for idle connections or a fixed sleep is not needed",
        subject=worst.process_type,
    )


def _drops(stops: Sequence[Stop]) -> Iterator[Finding]:
    """Twice at least: once may be the moment between two reads of a socket."""
    held = [stop for stop in stops if stop.in_flight is not None]
    lost = [stop for stop in held if stop.in_flight is not None and stop.in_flight.lost]
    if len(lost) < 2:
        return
    worst = lost[0]
    request = worst.in_flight
    assert request is not None
    yield Finding(
        code="MP205",
        severity=Severity.WARNING,
        process_type=worst.process_type,
        message=(
            f"`{request.label}` in flight gets no answer when the dyno is stopped "
            f"({len(lost)} of {len(held)} requests lost at SIGTERM)"
        ),
        evidence=told(
            (
                Beat(request.began_s, "client", f"{request.label} begun, half of it sent"),
                Beat(worst.at_s, heroku(worst.dyno), words.SIGTERM_ALL),
                Beat(worst.at_s + worst.waited_s, heroku(worst.dyno), words.exited(worst.exit_status)),
                Beat(request.ended_s, "client", f"{request.label} -> {request.outcome}"),
                Beat(
                    request.ended_s,
                    "heroku[router]",
                    f'at=error code=H13 desc="Connection closed without response" dyno={worst.dyno} status=503',
                ),
            )
        ),
        help=BY_CODE["MP205"].fix,
        subject=worst.process_type,
    )
