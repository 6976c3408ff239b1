"""YAML text to nodes: composed, never constructed, so no tag of a stranger makes an object."""

from collections.abc import Iterator

import yaml

from minipaas.errors import FileProblem
from minipaas.parse.node import MAX_DEPTH, Node, Value
from minipaas.parse.wording import quoted, sound

#: A file of this kind is a page or two; the YAML reader takes about a second for this much.
MAX_CHARACTERS = 64 * 1024
#: Values after aliases are followed; stops a bomb of nested aliases.
MAX_VALUES = 10_000

_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "timestamp", "null", "map", "seq")}
_NULL = "tag:yaml.org,2002:null"


def read_yaml_text(text: str, path: str) -> Node | None:
    """The whole file as one node; None when it holds nothing but comments.

    Raises:
        FileProblem: not YAML, too large or too deep, a key given twice, or a tag that asks for more than plain data.
    """
    if len(text) > MAX_CHARACTERS:
        raise FileProblem(path, None, f"longer than {MAX_CHARACTERS} characters")
    root = _compose(text, path)
    return None if root is None else _Reader(path).value(root, "", 0)


class _Loader(yaml.SafeLoader):
    """Stops at a nesting that would end in a RecursionError, while the line is still known."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self._depth > MAX_DEPTH:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # the stubs leave it bare
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _compose(text: str, path: str) -> yaml.Node | None:
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # Cut, for it may quote an alias as long as the file.
        said = (error.problem or error.context or "cannot be read")[:200]
        raise FileProblem(path, mark.line + 1 if mark else None, f"not YAML: {said}", _hint(said)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise FileProblem(path, line, f"not YAML: {quoted(chr(error.character))} is not allowed") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # `"\UFFFFFFFF"` and a version of five thousand digits leave the scanner as these.
        raise FileProblem(path, None, f"not YAML: {error}") from error
    return root


def _hint(said: str) -> str | None:
    return "indent with spaces" if "'\\t'" in said else None


class _Reader:
    def __init__(self, path: str) -> None:
        self._path = path
        self._values = 0

    def value(self, node: yaml.Node, name: str, depth: int, key_line: int | None = None) -> Node:
        line = key_line or node.start_mark.line + 1
        self._values += 1
        if depth > MAX_DEPTH or self._values > MAX_VALUES:
            raise FileProblem(self._path, line, "nested too deeply" if depth > MAX_DEPTH else "holds too many values")
        if node.tag not in _TAGS:
            raise FileProblem(self._path, line, f"the YAML tag {quoted(node.tag)} is not read here")
        plain = isinstance(node, yaml.ScalarNode) and node.style is None
        return Node(self._path, line, name, self._content(node, name, depth), plain)

    def _content(self, node: yaml.Node, name: str, depth: int) -> Value:
        if isinstance(node, yaml.MappingNode):
            return dict(self._entries(node, name, depth))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, f"{name}[{index}]", depth + 1) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _entries(self, node: yaml.MappingNode, name: str, depth: int) -> Iterator[tuple[str, Node]]:
        seen: dict[str, int] = {}
        for key_node, value in node.value:
            key, line = self._key(key_node), key_node.start_mark.line + 1
            if key in seen:
                raise FileProblem(self._path, line, f"{quoted(key)} stands on line {seen[key]} already")
            seen[key] = line
            yield key, self.value(value, f"{name}.{key}" if depth else key, depth + 1, line)

    def _key(self, node: yaml.Node) -> str:
        key = self._scalar(node) if isinstance(node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            raise FileProblem(self._path, node.start_mark.line + 1, "a key must be text")
        return key

    def _scalar(self, node: yaml.Node) -> str | None:
        """The text as written; None for `~`, `null` and for nothing at all."""
        if node.tag == _NULL:
            return None
        text = str(node.value)
        if not sound(text):
            where = node.start_mark.line + 1
            raise FileProblem(self._path, where, f"{quoted(text)} holds a character no program can be given")
        return text
