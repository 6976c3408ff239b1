"""`.env` by python-dotenv's grammar: `export`, quotes, values over several lines, `${NAME}`.

`${NAME}` means an earlier line of the same file and never the shell's variable: dynos do not get that either.
Messages name variables and lines and never show a value: these files hold secrets.
"""

import io
import re

from dotenv.parser import Binding, parse_stream

from minipaas.errors import FileProblem
from minipaas.limits import CONFIG_VARS_BYTES
from minipaas.model.app import FileWarning
from minipaas.parse.wording import quoted, sound

VARIABLE_PATTERN = r"[A-Za-z_][A-Za-z0-9_]*"
_NAME = re.compile(VARIABLE_PATTERN)
_BEGINNING = re.compile(rf"(?:export\s+)?({VARIABLE_PATTERN})\s*=\s*(['\"]?)")
#: As python-dotenv's, but what is no name is no reference: its own search takes minutes over `${` repeated.
_REFERENCE = re.compile(rf"\$\{{({VARIABLE_PATTERN})(?::-([^}}]*))?\}}")
_BLANKS = re.compile(r"[^\S\n]+")

#: Comments included; the values alone may be CONFIG_VARS_BYTES.
MAX_CHARACTERS = 8 * CONFIG_VARS_BYTES
#: The library's search for a comment takes the square of a run of blanks.
MAX_BLANKS = 1024


def parse_dotenv(text: str, path: str = ".env") -> tuple[dict[str, str], tuple[FileWarning, ...]]:
    """The variables in file order; of a name given twice the last line counts, with a warning.

    Raises:
        FileProblem: a line that is no assignment, a quote left open, or more data than Heroku takes (32 kB).
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    _check_size(lines, path)
    reader = _Reader(path)
    for binding in parse_stream(io.StringIO(lines)):
        reader.read(binding)
    return reader.values, tuple(reader.warnings)


def _check_size(text: str, path: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise FileProblem(path, None, f"longer than {MAX_CHARACTERS} characters")
    for run in _BLANKS.finditer(text):
        if len(run[0]) > MAX_BLANKS:
            line = text.count("\n", 0, run.start()) + 1
            raise FileProblem(path, line, f"more than {MAX_BLANKS} blanks in a row")


class _Reader:
    def __init__(self, path: str) -> None:
        self.values: dict[str, str] = {}
        self.warnings: list[FileWarning] = []
        self._path = path
        self._lines: dict[str, int] = {}
        self._bytes = 0

    def read(self, binding: Binding) -> None:
        # The library counts the blank lines before a binding as its own.
        body = binding.original.string.lstrip()
        line = binding.original.line + binding.original.string[: -len(body) or None].count("\n")
        if binding.error:
            raise FileProblem(self._path, line, *_fault(body))
        if binding.key is None:
            return
        if not _NAME.fullmatch(binding.key):
            # Not shown: it may be the second line of an unquoted private key.
            self._warn(line, "left out: this does not begin with the name of a variable")
        elif binding.value is None:
            self._warn(line, "left out: no `=`")
        else:
            self._set(binding.key, self._expanded(binding.value, line), line)

    def _set(self, name: str, value: str, line: int) -> None:
        if not sound(value):
            raise FileProblem(self._path, line, f"{quoted(name)} holds a character no program can be given")
        if name in self.values:
            self._warn(line, f"{quoted(name)} stands on line {self._lines[name]} too; this one counts")
            self._bytes -= _bytes(name, self.values[name])
        self._bytes += _bytes(name, value)
        if self._bytes > CONFIG_VARS_BYTES:
            message = f"the variables up to {quoted(name)} take more than {CONFIG_VARS_BYTES} bytes, Heroku's limit"
            raise FileProblem(self._path, line, message)
        self.values[name] = value
        self._lines[name] = line

    def _expanded(self, value: str, line: int) -> str:
        """The value with each `${NAME}` and `${NAME:-default}` replaced."""
        self._check_room(len(value), line)
        # Nothing after the last brace can be a reference; looking there is what makes a search quadratic.
        end = value.rfind("}") + 1
        parts: list[str] = []
        length = at = 0
        for found in _REFERENCE.finditer(value, 0, end):
            parts += (value[at : found.start()], self._meant(found[1], found[2], line))
            length += len(parts[-2]) + len(parts[-1])
            self._check_room(length, line)
            at = found.end()
        return "".join((*parts, value[at:]))

    def _meant(self, name: str, default: str | None, line: int) -> str:
        if name not in self.values and default is None:
            self._warn(line, f"{quoted(f'${{{name}}}')} is not set above in this file, so it is empty here")
        return self.values.get(name, default or "")

    def _check_room(self, length: int, line: int) -> None:
        if length > CONFIG_VARS_BYTES:
            raise FileProblem(self._path, line, f"a value takes more than {CONFIG_VARS_BYTES} bytes, Heroku's limit")

    def _warn(self, line: int, message: str) -> None:
        self.warnings.append(FileWarning(self._path, line, message))


def _bytes(name: str, value: str) -> int:
    return len(name) + len(value.encode())


def _fault(body: str) -> tuple[str, str | None]:
    """What is wrong with a line the library could not read, and a hint."""
    begun = _BEGINNING.match(body)
    if begun is None:
        return "not `NAME=value`", "write `NAME=value`, or `#` before a comment"
    if begun[2] and begun[2] not in body[begun.end() :]:
        return f"the quote that opens the value of {quoted(begun[1])} is never closed", f"close it with {begun[2]}"
    return f"cannot read the value of {quoted(begun[1])}", "quote the whole value, or no part of it"
