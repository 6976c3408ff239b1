"""A line of evidence as when, who and what, so that it can be set in columns."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from minipaas.report.plain import clipped

#: An app may log a whole page as one line; more of it than this is nobody's evidence.
LONGEST_LINE = 600
_HEROKU = re.compile(
    r"(?:\d{4}-\d\d-\d\dT)?(\d\d:\d\d:\d\d(?:\.\d{1,3})?)\S*\s+((?:app|heroku)\[[^\]\s]*\]):?\s+(.*)"
)
_SPEAKER = re.compile(r"((?:app|heroku)\[[^\]\s]*\]): +(\S.*)")
_COLUMNS = re.compile(r"(\+?\d[\d:.,]*(?: ?(?:ms|s|min))?) {2,}(?:(\S(?:[^ ]| (?! ))*) {2,})?(\S.*)")


@dataclass(frozen=True, slots=True)
class Moment:
    """`when` and `who` are empty where the line did not say."""

    when: str
    who: str
    what: str


def moment(line: str) -> Moment:
    """Read `TIME  WHO  WHAT`, `TIME  WHAT`, or a log line with or without its time; any other line is all `what`."""
    line = line.strip()
    found = _HEROKU.fullmatch(line) or _COLUMNS.fullmatch(line)
    if found is not None:
        return Moment(found[1], found[2] or "", found[3])
    spoken = _SPEAKER.fullmatch(line)
    return Moment("", spoken[1], spoken[2]) if spoken else Moment("", "", line)


def moments(lines: Iterable[str]) -> tuple[Moment, ...]:
    """Each line's; of a very long one the beginning."""
    return tuple(moment(clipped(line, LONGEST_LINE)) for line in lines)
