"""Effects of a write that come later: seen on pages that did not show them right after the answer. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from minipaas.chaos.markers import without_markers
from minipaas.chaos.story import Beat, clipped, heroku, seconds, told
from minipaas.formation import words
from minipaas.model.verdict import Finding, Severity
from minipaas.rules.catalogue import BY_CODE

#: A line on a page: the page's URL pattern, and what the line says.
Line = tuple[str, str]
_NUMBER = re.compile(r"\d+")


def seen(pattern: str, lines: Iterable[str], own: Sequence[str]) -> frozenset[Line]:
    """The lines of a page, so that another play of the same write has the same.

    Args:
        own: the tokens this write brought in.
    """
    return frozenset((pattern, _plain(line, own)) for line in lines if line.strip())


def _plain(line: str, own: Sequence[str]) -> str:
    for token in own:
        line = re.sub(re.escape(token), "MINE", line, flags=re.IGNORECASE)
    return _NUMBER.sub("#", without_markers(line))


@dataclass(slots=True)
class Looks:
    """What was seen of one write: (seconds since it was acknowledged, lines), in order.

    `written` are the places in `all` of looks before which something else was written: what they show for the
    first time came of that, not of time.
    """

    all: list[tuple[float, frozenset[Line]]] = field(default_factory=list)
    written: set[int] = field(default_factory=set)

    def add(self, after_s: float, lines: frozenset[Line], *, written: bool = False) -> None:
        """One more look at all pages."""
        if written:
            self.written.add(len(self.all))
        self.all.append((after_s, lines))

    @property
    def late(self) -> frozenset[Line]:
        """Lines that the first look did not show, that came by themselves, and that the last two both show."""
        if len(self.all) < 3:
            return frozenset()
        came: set[Line] = set()
        for at in range(1, len(self.all)):
            if at not in self.written:
                came |= self.all[at][1] - self.all[at - 1][1]
        return (self.all[-1][1] & self.all[-2][1] & came) - self.all[0][1]

    def when(self, lines: frozenset[Line]) -> float | None:
        """When all of these were there for the first time; None when never."""
        return next((after_s for after_s, shown in self.all if lines <= shown), None)

    def shows(self, lines: frozenset[Line]) -> bool:
        """Whether the last look shows all of these."""
        return bool(self.all) and lines <= self.all[-1][1]

    def ever(self, lines: frozenset[Line]) -> bool:
        """Whether any of these was ever there."""
        return any(lines & shown for _, shown in self.all)


def headline(lines: frozenset[Line]) -> Line:
    """The line that tells most of an effect: one about what was written, else the longest."""
    return max(sorted(lines), key=lambda line: ("MINE" in line[1], len(line[1])))


def _shown(line: Line) -> str:
    """For people: `...` stands for what was written, `#` for a number."""
    return clipped(line[1].replace("MINE", "...").replace("MARKER", "..."))


def lost_with_the_web(label: str, lines: frozenset[Line], calm_s: float, waited_s: float) -> Finding:
    """MP304."""
    page, effect = headline(lines)[0], _shown(headline(lines))
    return Finding(
        code="MP304",
        severity=Severity.ERROR,
        process_type="web",
        message=(
            f"`{label}` is acknowledged, and its work is lost when the dyno dies: {page} shows `{effect}` "
            f"{seconds(calm_s)} later in calm, and never when the dyno was killed right after the answer"
        ),
        evidence=(
            f"calm: {label} is answered, {seconds(calm_s)} later {page} shows `{effect}`, after a kill too",
            *told(
                (
                    Beat(0.0, "client", f"{label} is answered"),
                    Beat(0.01, heroku("web.1"), words.SIGKILL),
                    Beat(0.02, heroku("web.1"), "another web dyno comes up"),
                    Beat(waited_s, "client", f"GET {page} still without `{effect}`"),
                )
            ),
            "the same in 2 of 2 plays with the fault, in none of 2 without",
        ),
        help=BY_CODE["MP304"].fix,
        subject=label,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLoss:
    """Jobs that were queued while a worker was stopped, and how many of their effects never came."""

    process_type: str
    label: str
    lines: frozenset[Line]
    jobs: int
    lost: tuple[int, ...]
    at_s: float
    waited_s: float
    killed: bool


def lost_with_the_worker(loss: WorkerLoss) -> Finding:
    """MP307; sudden death is a warning, SIGTERM an error."""
    signal = "SIGKILL" if loss.killed else "SIGTERM"
    of = f"{', '.join(map(str, loss.lost))} of {loss.jobs} jobs"
    effect = _shown(headline(loss.lines))
    return Finding(
        code="MP307",
        severity=Severity.WARNING if loss.killed else Severity.ERROR,
        process_type=loss.process_type,
        message=(
            f"`{loss.process_type}` loses the job it has at {signal}: {of} queued by `{loss.label}` were never done, "
            f"though a new worker ran for {seconds(loss.waited_s)}"
        ),
        evidence=told(
            (
                Beat(0.0, "client", f"{loss.label}, {loss.jobs} times; in calm all of them come to `{effect}`"),
                Beat(
                    loss.at_s,
                    heroku(f"{loss.process_type}.1"),
                    words.SIGKILL if loss.killed else words.SIGTERM_ALL,
                ),
                Beat(loss.at_s + 0.01, heroku(f"{loss.process_type}.1"), "a new worker starts"),
                Beat(loss.at_s + loss.waited_s, "client", f"{loss.lost[-1]} never show `{effect}`"),
            )
        ),
        help=BY_CODE["MP307"].fix,
        subject=loss.process_type,
    )
