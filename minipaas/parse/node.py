"""One value of a JSON or YAML file, with the place it stands at, so that every complaint has a line.

Numbers and dates of a YAML file stay as written (`3.10` is no 3.1): whoever asks for a count parses the text.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from minipaas.errors import FileProblem
from minipaas.parse.wording import did_you_mean, listed, quoted

#: Deeper nesting is refused, in both formats, before it becomes recursion.
MAX_DEPTH = 20

Value = Mapping[str, "Node"] | list["Node"] | str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a file.

    `line` is that of its key, or its own in a list. `name` is `apps.web.uses[0]`, and empty for the whole file.
    `plain` is a YAML text without quotes, which may be meant as a number or a truth value.
    """

    path: str
    line: int
    name: str
    value: Value
    plain: bool = False

    @property
    def title(self) -> str:
        """The name as a message shows it."""
        return quoted(self.name) if self.name else "the file"

    def problem(self, message: str, hint: str | None = None) -> FileProblem:
        """The error to raise about this value."""
        return FileProblem(self.path, self.line, message, hint)

    def wrong(self, wanted: str, hint: str | None = None) -> FileProblem:
        """The error to raise when this value is of another kind than `wanted`."""
        return self.problem(f"{self.title} must be {wanted}, not {_kind(self.value)}", hint)

    def mapping(self) -> Mapping[str, "Node"]:
        """The entries, in file order.

        Raises:
            FileProblem: this is no map.
        """
        if not isinstance(self.value, Mapping):
            raise self.wrong("a map")
        return self.value

    def only(self, known: Iterable[str]) -> Mapping[str, "Node"]:
        """The entries, once it is sure that all their keys are known.

        Raises:
            FileProblem: an unknown key, with the nearest known one as the hint; or this is no map.
        """
        known = tuple(known)
        for key, entry in self.mapping().items():
            if key not in known:
                hint = did_you_mean(key, known) or f"known here: {listed(known)}"
                raise entry.problem(f"unknown key {quoted(key)}", hint)
        return self.mapping()

    def items(self) -> Sequence["Node"]:
        """The values of a list.

        Raises:
            FileProblem: this is no list.
        """
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        return self.value

    def text(self) -> str:
        """The text, which an operating system can take as an argument or variable.

        Raises:
            FileProblem: this is no text.
        """
        if not isinstance(self.value, str):
            raise self.wrong("text")
        return self.value


def _kind(value: Value) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case Mapping():
            return "a map"
        case _:
            return "a list"
