"""What a web dyno does when nobody asks it anything: work left over from requests, work by the clock. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from minipaas.chaos.markers import without_markers
from minipaas.chaos.story import clipped, seconds
from minipaas.model.verdict import Finding, Severity
from minipaas.rules.catalogue import BY_CODE

#: Less CPU time than this beyond what an idle dyno uses is no work.
_WORK_S = 0.15
#: Three dynos do at least this many times what one does, if each works for itself.
_SCALES = 2.2
_LEAST = 2
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """A window with no request open: its length, CPU seconds used in it, lines that were printed."""

    window_s: float
    cpu_s: float
    lines: tuple[str, ...] = ()

    def beyond(self, idle: "Quiet") -> float:
        """CPU seconds over what an idle dyno would have used in the same time."""
        share = idle.cpu_s / idle.window_s if idle.window_s else 0.0
        return self.cpu_s - share * self.window_s

    def news(self, idle: "Quiet") -> tuple[str, ...]:
        """Lines of a kind that an idle dyno does not print."""
        known = {shape(line) for line in idle.lines}
        return tuple(line for line in self.lines if line.strip() and shape(line) not in known)


def shape(line: str) -> str:
    """A line without what differs from one time to the next."""
    return _NUMBER.sub("#", without_markers(" ".join(line.split())))


def works_on(after: Quiet, idle: Quiet) -> bool:
    """Whether the window holds work that an idle dyno does not do."""
    return after.beyond(idle) > _WORK_S or bool(after.news(idle))


def residue_finding(label: str, windows: Sequence[Quiet], idle: Quiet) -> Finding:
    """MP303."""
    most = max(windows, key=lambda each: each.beyond(idle))
    cpu, lines = most.beyond(idle), [line for window in windows for line in window.news(idle)]
    used = f"uses {seconds(max(cpu, 0))} of CPU" if cpu > _WORK_S else f"prints `{clipped(lines[0])}`"
    return Finding(
        code="MP303",
        severity=Severity.WARNING,
        process_type="web",
        message=(
            f"`{label}` is answered, and the web process works on: it {used} within {seconds(most.window_s)} "
            f"with no request open ({len(windows)} of {len(windows)} times)"
        ),
        evidence=tuple(
            (
                f"{label}, answered; then no request for {seconds(each.window_s)}: {each.cpu_s:.2f} s of CPU, "
                f"an idle dyno uses {idle.cpu_s:.2f} s in {seconds(idle.window_s)}"
            )
            for each in windows
        )
        + tuple(f"app[web.1]  {clipped(line)}" for line in lines[:3]),
        help=BY_CODE["MP303"].fix,
        subject=label,
    )


#: What is counted while all dynos idle: lines of output by their shape, numbers on pages by their line.
Counts = Mapping[str, float]


def counted(lines: Sequence[str]) -> Counter[str]:
    """Lines by shape."""
    return Counter(shape(line) for line in lines if line.strip())


#: Whole numbers; parts of decimals and versions are none.
_WHOLE = re.compile(r"(?<![\d.,])\d+(?![\d.,]*\d)")
#: A look at a page adds no more than this to a number that counts looks.
_OF_LOOKING = 3


def numbers(page: str, lines: Sequence[str]) -> Counter[str]:
    """How many lines of each kind a page has, and the numbers in them, added up by kind and place."""
    found: Counter[str] = Counter()
    for line in lines:
        kind = f"{page}: {shape(line)}"
        found[f"lines on {kind}"] += 1
        for place, number in enumerate(_WHOLE.findall(line)):
            found[f"number {place + 1} on {kind}"] += int(number)
    return found


def growth(first: Counter[str], second: Counter[str], third: Counter[str]) -> Counter[str]:
    """What grew by itself between the second look and the third, without what each look adds.

    Numbers that jump between two looks in a row are left out: they are drawn, not counted.
    """
    grown: Counter[str] = Counter()
    for key in first.keys() & second.keys() & third.keys():
        added = second[key] - first[key]
        more = third[key] - second[key] - added
        if 0 <= added <= _OF_LOOKING and more > 0:
            grown[key] = more
    return grown


def joined(one: Quiet, other: Quiet) -> Quiet:
    """Two windows, one after the other."""
    return Quiet(
        window_s=one.window_s + other.window_s, cpu_s=one.cpu_s + other.cpu_s, lines=(*one.lines, *other.lines)
    )


def periodic(counts: Counts) -> tuple[str, ...]:
    """What happened more than once while nobody did anything."""
    return tuple(key for key, count in counts.items() if count >= _LEAST)


def multiplied(one: Counts, three: Counts) -> Iterator[tuple[str, float, float]]:
    """What three idle dynos do so much more often than one that each must do it: (what, by one, by three)."""
    for key, count in one.items():
        if count >= _LEAST and three.get(key, 0) >= _SCALES * count:
            yield key, count, three[key]


def scheduler_finding(what: str, one: float, three: float, window_s: float) -> Finding:
    """MP305."""
    return Finding(
        code="MP305",
        severity=Severity.WARNING,
        process_type="web",
        message=(
            f"periodic work runs in every web dyno: `{clipped(what)}` {one:g} times in {seconds(window_s)} with one "
            f"idle web dyno, {three:g} times with three"
        ),
        evidence=(
            f"web=1, no requests for {seconds(window_s)}: `{clipped(what)}` {one:g} times",
            f"web=3, no requests for {seconds(window_s)}: `{clipped(what)}` {three:g} times",
        ),
        help=BY_CODE["MP305"].fix,
        subject=what,
    )
