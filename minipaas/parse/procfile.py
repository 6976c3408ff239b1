"""The Procfile, by Heroku's classic (Cedar) grammar.

The build reads line by line with `^[[:space:]]*([a-zA-Z0-9_-]+):?\\s+(.*)[[:space:]]*` and drops the rest without
a word (heroku/buildpacks-procfile SPEC.md). So the colon may be missing, and a space after it may not. We read
exactly the same lines, and say what was dropped or may surprise.
"""

import re
from collections.abc import Iterable, Iterator

from minipaas.errors import FileProblem
from minipaas.model.app import FileWarning, Procfile
from minipaas.model.dyno import TYPE_PATTERN
from minipaas.parse.wording import quoted, sound

_ENTRY = rf"(?a)\s*({TYPE_PATTERN})(:?)\s+(.*)"
_NO_SPACE = rf"(?a)\s*({TYPE_PATTERN}):(\S.*)"
_NO_COMMAND = rf"(?a)\s*({TYPE_PATTERN}):"
_CONFLICT = r"(<{7}|\|{7}|>{7})( |$)|={7}$"
#: What the next platform generation takes, after it has lower-cased the name and made dashes of underscores.
_FIR_TYPE = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"

#: Dynos outside the formation are called `run.1234`, `scheduler.5678`.
_PLATFORM_TYPES = ("run", "scheduler")
#: A file that is no Procfile at all would give a warning a line.
MAX_WARNINGS = 20


def parse_procfile(text: str, path: str = "Procfile") -> Procfile:
    """The process types, in the order of the lines that count; of a type given twice the last line counts.

    A carriage return at a line's end, which Heroku would leave in the command, is taken away with a warning.

    Raises:
        FileProblem: the text holds a NUL or half a surrogate pair, so that no shell can be given it.
    """
    reader = _Reader(path)
    for number, line in enumerate(text.split("\n"), start=1):
        reader.read(number, line)
    if not reader.types:
        reader.warn(None, "declares no process types")
    return Procfile(types=reader.types, lines=reader.lines, warnings=tuple(reader.told()))


def misnamed(names: Iterable[str]) -> str | None:
    """The file among a folder's `names` that was meant as its Procfile but is not read, as Heroku does not read it.

    None when there is no such file, or a real `Procfile` beside it.
    """
    present = sorted(names)
    if "Procfile" in present:
        return None
    return next((name for name in present if name.lower().removesuffix(".txt") == "procfile"), None)


class _Reader:
    def __init__(self, path: str) -> None:
        self.types: dict[str, str] = {}
        self.lines: dict[str, int] = {}
        self._path = path
        self._warnings: list[FileWarning] = []
        self._crlf_told = False

    def warn(self, line: int | None, message: str) -> None:
        self._warnings.append(FileWarning(self._path, line, message))

    def told(self) -> Iterator[FileWarning]:
        yield from self._warnings[:MAX_WARNINGS]
        left = len(self._warnings) - MAX_WARNINGS
        if left > 0:
            yield FileWarning(self._path, None, f"{left} more warnings like these; is this a Procfile?")

    def read(self, number: int, line: str) -> None:
        if not sound(line):
            raise FileProblem(self._path, number, "this is no text: it holds a NUL byte", "save the file as UTF-8")
        entry = re.match(_ENTRY, line)
        if entry is None:
            self._drop(number, line.rstrip("\r"))
        else:
            self._take(number, entry[1], entry[2], entry[3])

    def _take(self, number: int, type_: str, colon: str, rest: str) -> None:
        command = rest.rstrip("\r")
        self._tell_of_line_end(number, command, len(rest) - len(command))
        for message in _doubts(type_, colon, command):
            self.warn(number, message)
        if type_ in self.types:
            self.warn(
                number, f"{quoted(type_)} stands on line {self.lines[type_]} too; this one counts, as on Heroku"
            )
            del self.types[type_]
        self.types[type_] = command
        self.lines[type_] = number

    def _tell_of_line_end(self, number: int, command: str, stripped: int) -> None:
        if "\r" in command:
            self.warn(number, "a carriage return inside the line is part of the command, as on Heroku")
        if stripped and not self._crlf_told:
            self._crlf_told = True
            self.warn(
                number,
                "the line ends in CRLF; Heroku leaves the CR in the command, here it was taken away: save with LF",
            )

    def _drop(self, number: int, line: str) -> None:
        if line.strip() and not line.lstrip().startswith("#"):
            self.warn(number, f"line dropped, as on Heroku: {_why_dropped(number, line)}")


def _doubts(type_: str, colon: str, command: str) -> Iterator[str]:
    """What may surprise about a line that does count."""
    if not command.strip():
        yield f"{quoted(type_)} has no command: its dynos would end at once"
    elif not colon and command.startswith(":"):
        fixed = f"{type_}: {command[1:].lstrip()}"
        yield f"the space before the colon makes the command {quoted(command)}, as on Heroku; write {quoted(fixed)}"
    elif not colon:
        yield f"no colon: read as {quoted(f'{type_}: {command}')}, as on Heroku"
    if type_ in _PLATFORM_TYPES:
        yield f"a process type called `{type_}` is mistaken for the platform's own: choose another name"
    if not re.fullmatch(_FIR_TYPE, type_.lower().replace("_", "-")):
        yield f"Heroku's Fir refuses the name {quoted(type_)}: a letter or digit at both ends, 63 at most"


def _why_dropped(number: int, line: str) -> str:
    """The reason, and how to write it."""
    if number == 1 and line.startswith("\ufeff"):
        return "the file begins with a byte order mark, save as UTF-8 without BOM"
    if re.match(_CONFLICT, line):
        return f"{quoted(line)} was left by a merge"
    if missing := re.match(_NO_SPACE, line):
        fixed = f"{missing[1]}: {missing[2].lstrip()}"
        if not missing[2][0].isspace():
            return f"no space after {quoted(missing[1] + ':')}, write {quoted(fixed)}"
        return f"U+{ord(missing[2][0]):04X} is not a plain space, write {quoted(fixed)}"
    if missing := re.fullmatch(_NO_COMMAND, line.rstrip()):
        return f"no command after {quoted(missing[1] + ':')}"
    return f"{quoted(line.strip())} is not `type: command`"
