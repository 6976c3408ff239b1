"""Evidence as a timeline: what happened, when, to whom, in columns. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

#: Of a program's output or a command, this much is shown.
_MOST_LETTERS = 160


@dataclass(frozen=True, slots=True, order=True)
class Beat:
    """One moment; `at_s` counts from any fixed moment, the same for all beats of a story."""

    at_s: float
    who: str
    what: str


def told(beats: Iterable[Beat]) -> tuple[str, ...]:
    """As lines, oldest first, the time counted from the first."""
    ordered = sorted(beats, key=lambda beat: beat.at_s)
    began = ordered[0].at_s if ordered else 0.0
    return tuple(f"{beat.at_s - began:.2f} s  {beat.who}  {clipped(beat.what)}" for beat in ordered)


def heroku(dyno: str) -> str:
    """Who the dyno manager's lines are from."""
    return f"heroku[{dyno}]"


def app(dyno: str) -> str:
    """Who an app's own lines are from."""
    return f"app[{dyno}]"


def clipped(text: str) -> str:
    """One line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST_LETTERS else f"{line[: _MOST_LETTERS - 3]}..."


def seconds(value: float) -> str:
    """`0.31 s`, `12.4 s`, `31 s`: as exact as it matters."""
    if value < 1:
        return f"{value:.2f} s"
    return f"{value:.1f} s" if value < 30 else f"{value:.0f} s"
