"""JSON text to nodes. The standard library judges the syntax; a walk over the tokens then finds the lines."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from minipaas.errors import FileProblem
from minipaas.model.app import FileWarning
from minipaas.parse.node import MAX_DEPTH, Node, Value
from minipaas.parse.wording import quoted, sound

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+|\n')
_PUNCTUATION = ":,"


def read_json_text(text: str, path: str) -> tuple[Node, tuple[FileWarning, ...]]:
    """The whole file as one node, with a warning for each key that is given twice (the last one wins).

    Raises:
        FileProblem: not JSON, nested deeper than `MAX_DEPTH`, or holding text no system call takes.
    """
    _judge(text, path)
    reader = _Reader(path, _tokens(text))
    return reader.value(next(reader.tokens), "", 0), tuple(reader.warnings)


def _judge(text: str, path: str) -> None:
    """Raise unless the standard library takes the text."""
    if text.startswith("\ufeff"):
        raise FileProblem(path, 1, "not JSON: it begins with a byte order mark", "save the file as UTF-8 without BOM")
    try:
        # Numbers are judged later, where their line is known.
        json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        said = error.msg[:1].lower() + error.msg[1:]
        raise FileProblem(
            path, error.lineno, f"not JSON at column {error.colno}: {said}", _hint(text, error.pos)
        ) from error
    except RecursionError as error:
        raise FileProblem(path, None, "nested too deeply") from error


def _hint(text: str, at: int) -> str | None:
    """What the user most likely did, by the character the parser stopped at."""
    here = text[at : at + 1]
    if here in ("}", "]") or (here == "," and text[at + 1 :].lstrip()[:1] in ("}", "]")):
        return "JSON takes no comma before a closing bracket"
    if here in ("/", "#"):
        return "JSON has no comments"
    if here == "'":
        return "JSON quotes with double quotes"
    return None


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    line: int


def _tokens(text: str) -> Iterator[_Token]:
    """The tokens that carry something, each with its line; the text is known to be JSON."""
    line = 1
    for found in _TOKEN.finditer(text):
        if found[0] == "\n":
            line += 1
        elif found[0] not in _PUNCTUATION:
            yield _Token(found[0], line)


class _Reader:
    def __init__(self, path: str, tokens: Iterator[_Token]) -> None:
        self.tokens = tokens
        self.warnings: list[FileWarning] = []
        self._path = path

    def value(self, token: _Token, name: str, depth: int, key_line: int | None = None) -> Node:
        line = key_line or token.line
        if depth > MAX_DEPTH:
            raise FileProblem(self._path, line, "nested too deeply")
        if token.text == "{":
            return Node(self._path, line, name, self._map(name, depth))
        if token.text == "[":
            return Node(self._path, line, name, self._list(name, depth))
        return Node(self._path, line, name, self._scalar(token))

    def _map(self, name: str, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        while (token := next(self.tokens)).text != "}":
            key = str(self._scalar(token))
            if key in entries:
                message = f"{quoted(key)} stands on line {entries[key].line} too; this one counts"
                self.warnings.append(FileWarning(self._path, token.line, message))
            inner = f"{name}.{key}" if depth else key
            entries[key] = self.value(next(self.tokens), inner, depth + 1, token.line)
        return entries

    def _list(self, name: str, depth: int) -> list[Node]:
        values: list[Node] = []
        while (token := next(self.tokens)).text != "]":
            values.append(self.value(token, f"{name}[{len(values)}]", depth + 1))
        return values

    def _scalar(self, token: _Token) -> Value:
        try:
            value: Value = json.loads(token.text, parse_constant=_refuse)
        except ValueError as error:
            # NaN and its like, or more digits than Python converts.
            raise FileProblem(self._path, token.line, f"{quoted(token.text)} is no number to work with") from error
        if isinstance(value, str) and not sound(value):
            raise FileProblem(self._path, token.line, f"{quoted(value)} holds a character no program can be given")
        return value


def _refuse(word: str) -> None:
    raise ValueError(word)
