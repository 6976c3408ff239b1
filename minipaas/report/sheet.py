"""A sheet of terminal text: labelled paragraphs with hanging indents, columns, colours only where asked for."""

from collections.abc import Sequence
from enum import StrEnum

from minipaas.report.evidence import moments
from minipaas.report.wrapping import padded, seen_width, wrapped

#: Narrower than this nothing can be read anyhow.
NARROWEST = 40


class Ink(StrEnum):
    """What a colour says. Red is for what fails, and for nothing else."""

    FAILS = "\x1b[1;31m"
    WARNS = "\x1b[1;33m"
    UNKNOWN = "\x1b[33m"
    KEPT = "\x1b[32m"
    POINTS = "\x1b[36m"
    HEAD = "\x1b[1m"
    FAINT = "\x1b[2m"


_PLAIN = "\x1b[0m"


class Sheet:
    """Lines for a terminal of `width` columns."""

    def __init__(self, width: int, *, colour: bool) -> None:
        self.width = max(width, NARROWEST)
        self.colour = colour
        self.lines: list[str] = []

    def text(self) -> str:
        """All of it; no line has spaces at its end."""
        return "\n".join(line.rstrip() for line in self.lines)

    def blank(self) -> None:
        """A line between two things; never two."""
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def paint(self, text: str, ink: Ink) -> str:
        """In colour, where colours are wanted."""
        return f"{ink}{text}{_PLAIN}" if self.colour and text else text

    def say(self, text: str, *, label: str = "", ink: Ink | None = None, indent: int = 0, hang: int = 2) -> None:
        """A paragraph after a label in colour; its further lines begin `hang` columns right of the label."""
        start = " " * indent + label
        gap = " " if label and text else ""
        first, *rest = wrapped(text, self.width, first=seen_width(start + gap), hang=indent + hang)
        self.lines.append(f"{' ' * indent}{self.paint(label, ink) if ink else label}{gap}{first}")
        self.lines += rest

    def exactly(self, text: str, *, label: str = "", ink: Ink | None = None, indent: int = 0) -> None:
        """One line that is never broken: a command to be copied."""
        self.lines.append(f"{' ' * indent}{self.paint(label, ink) if ink else label}{' ' if label else ''}{text}")

    def story(self, evidence: Sequence[str], *, indent: int) -> None:
        """A timeline in columns: when, who, what."""
        told = moments(evidence)
        when = max((seen_width(each.when) for each in told), default=0)
        who = max((seen_width(each.who) for each in told), default=0)
        for each in told:
            columns = (" " * (when - seen_width(each.when)) + each.when, padded(each.who, who))
            head = "  ".join(column for column in columns if column)
            if each.when or each.who:
                hang = seen_width(head) + 2
                self.say(each.what, label=f"{head} ", ink=Ink.FAINT, indent=indent, hang=min(hang, self.width // 2))
            else:
                self.say(each.what, indent=indent)
