"""chaos --live."""

import asyncio
import math
import os
import re
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minipaas import __version__
from minipaas.chaos.live import Harassment, LiveWanted, kinds_in
from minipaas.chaos.live_link import Link
from minipaas.chaos.live_tally import Window
from minipaas.cli import output
from minipaas.cli.target import client, home
from minipaas.clock import SystemClock
from minipaas.errors import PlatformDown, UsageProblem
from minipaas.model.live import ActKind, LiveReport
from minipaas.parse.duration import FORMS, parse_duration
from minipaas.report.live_json import as_live_json
from minipaas.report.live_text import act_line, as_live_text

_BROKEN, _INCONCLUSIVE = 1, 3
_RATE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)/(s|min|h)")
_PER_MIN = {"s": 60.0, "min": 1.0, "h": 1 / 60}
#: More often, no dyno would be up between two acts.
_MOST_PER_MIN = 600.0
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)%")
_FORMATS = ("text", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveWords:
    """The options as they were given."""

    app: str | None
    seed: int
    rate: str
    duration: str
    faults: str
    budget: str | None
    p95: str | None
    format: str
    output: Path | None
    fail_on: str


def harass(words: LiveWords) -> int:
    """Harass what runs, and report. The exit code.

    Raises:
        PlatformDown: no platform runs.
        UsageProblem: an option cannot be read.
    """
    if words.format not in _FORMATS:
        raise UsageProblem(f"`--live` reports as text or json, not as {words.format}")
    wanted, p95_s = _wanted(words), None if words.p95 is None else seconds(words.p95, "limit")
    report, down = asyncio.run(_run(wanted, _command(words)))
    text = _written(report, words)
    if words.output is None:
        output.data(text)
    else:
        try:
            words.output.write_text(text + "\n")
        except OSError as error:
            raise UsageProblem(f"cannot write {words.output}: {error.strerror}") from error
        output.note(f"The report is in {words.output}")
    return PlatformDown.exit_code if down else exit_code(report, words.fail_on, wanted.budget or 0.0, p95_s)


def _written(report: LiveReport, words: LiveWords) -> str:
    """Who has just watched the acts on this terminal need not read them again."""
    if words.format == "json":
        return as_live_json(report)
    watched = words.output is None and sys.stdout.isatty() and sys.stderr.isatty()
    return as_live_text(report, acts=not watched)


def exit_code(report: LiveReport, fail_on: str, budget: float, p95_s: float | None) -> int:
    """1 when more requests failed than the budget allows, or were slower than is allowed; 3 when there were none.

    With `warning` also when any failed or when a dyno did not come up again.
    """
    slow = p95_s is not None and any(
        app.around.latency is not None and app.around.latency.p95 > p95_s * 1000 for app in report.apps
    )
    if report.failed > budget * report.requests or slow:
        return _BROKEN
    hurt = report.failed or any(done.until_s is None for done in report.acts)
    if fail_on == "warning" and hurt:
        return _BROKEN
    if not report.requests or not any(not done.note for done in report.acts):
        return _BROKEN if fail_on == "inconclusive" else _INCONCLUSIVE
    return 0


def _wanted(words: LiveWords) -> LiveWanted:
    names = tuple(str(each["name"]) for each in client().get("/apps"))
    if words.app is not None:
        client().get(f"/apps/{words.app}")
    chosen = (words.app,) if words.app is not None else names
    if not chosen:
        raise UsageProblem("no app runs here", "`minipaas up PATH` runs one")
    share = _PERCENT.fullmatch(words.budget or "")
    return LiveWanted(
        apps=chosen,
        seed=words.seed,
        kinds=kinds_in(words.faults),
        rate_per_min=rate(words.rate),
        duration_s=seconds(words.duration, "duration") if share or words.budget is None else _as_time(words.budget),
        budget=float(share[1]) / 100 if share else None,
    )


def _as_time(budget: str) -> float:
    """A budget of time, as verdicts have one, is the duration."""
    value = parse_duration(budget)
    if value is None or not value > 0:
        raise UsageProblem(f"cannot read the budget `{budget}`", "write `1%` for what may fail")
    return value


def rate(text: str) -> float:
    """`6/min` as a number a minute.

    Raises:
        UsageProblem: it is none, or more than can be done.
    """
    found = _RATE.fullmatch(text)
    value = float(found[1]) * _PER_MIN[found[2]] if found else 0.0
    if not value or value > _MOST_PER_MIN:
        raise UsageProblem(f"cannot read the rate `{text}`", "write `6/min`, `1/s` or `30/h`; at most 10/s")
    return value


def seconds(text: str, what: str) -> float:
    """`1m` in seconds.

    Raises:
        UsageProblem: it is no duration above 0.
    """
    value = parse_duration(text)
    if value is None or not 0 < value < math.inf:
        raise UsageProblem(f"cannot read the {what} `{text}`", FORMS)
    return value


def _command(words: LiveWords) -> str:
    said = ["minipaas", "chaos", "--live", *(["-a", words.app] if words.app else []), "--seed", str(words.seed)]
    said += ["--rate", words.rate, "--duration", words.duration, "--faults", words.faults]
    return shlex.join([*said, *(["--budget", words.budget] if words.budget else [])])


async def _run(wanted: LiveWanted, command: str) -> tuple[LiveReport, bool]:
    """The report, and whether the platform went away meanwhile."""
    with _display(wanted) as face:
        run = Harassment(Link(home()), wanted, SystemClock(), face.tell)
        face.follow(run)
        began, loop = time.monotonic(), asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _interrupted, run, asyncio.current_task())
        with suppress(asyncio.CancelledError):
            await run.run()
    report = LiveReport(
        seed=wanted.seed,
        rate_per_min=wanted.rate_per_min,
        duration_s=round(time.monotonic() - began, 1),
        version=__version__,
        command=command,
        ended=run.ended,
        apps=run.tally.apps(),
        acts=run.tally.done(),
        lost=run.tally.lost,
    )
    return report, run.is_down


def _interrupted(run: Harassment, task: "asyncio.Task[Any] | None") -> None:
    """The first time acts end and dynos come up; the second time only hosts are waited for."""
    if run.ended and task is not None:
        task.cancel()
    run.stop("it was interrupted")


def _display(wanted: LiveWanted) -> AbstractContextManager["_Lines"]:
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return nullcontext(_Lines(wanted))
    return _Table(wanted)


class _Lines:
    """A line for each act when it is over."""

    def __init__(self, wanted: LiveWanted) -> None:
        self._wanted = wanted
        self._run: Harassment | None = None

    def follow(self, run: Harassment) -> None:
        """Show this run."""
        self._run = run
        each = ", ".join(kind.value for kind in ActKind if kind in self._wanted.kinds)
        output.note(
            f"Harassing {', '.join(self._wanted.apps)} for {self._wanted.duration_s:g} s ({each}); Ctrl-C ends it"
        )

    def tell(self, window: Window) -> None:
        """An act began, or is over."""
        if window.until is not None and self._run is not None:
            self.show(act_line(self._run.tally.told(window)))

    def show(self, line: str) -> None:
        """Print it."""
        output.note(line)


class _Table(_Lines):
    """The lines, and below them what goes on now."""

    _EACH_S = 0.25

    def __enter__(self) -> "_Table":
        from rich.console import Console  # noqa: PLC0415  only where there is a terminal
        from rich.live import Live  # noqa: PLC0415

        self._console = Console(stderr=True)
        self._live = Live(
            get_renderable=self._now, console=self._console, refresh_per_second=1 / self._EACH_S, transient=True
        )
        self._live.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._live.__exit__(*error)

    def show(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _now(self) -> Any:
        from rich.text import Text  # noqa: PLC0415  as above

        if self._run is None:
            return Text("")
        tally = self._run.tally
        gone = min(time.time() - tally.began, self._wanted.duration_s)
        acts: Sequence[str] = [window.act.what for window in tally.open_windows()]
        return Text(
            f"{gone:5.0f} of {self._wanted.duration_s:g} s  {tally.requests:,} requests, {tally.failed:,} failed"
            f"  now: {', '.join(acts) or 'calm'}",
            style="red" if tally.failed else "",
        )
