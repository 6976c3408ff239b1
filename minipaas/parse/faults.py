"""The faults of one file, gathered so that one reading tells them all."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from minipaas.errors import FileProblem
from minipaas.parse.node import Node

#: More faults than this are not worth a reading.
MAX_NOTES = 20

T = TypeVar("T")


class Faults:
    """Reads nodes by functions that may raise FileProblem, goes on past those that do, and raises at the end."""

    def __init__(self) -> None:
        self._found: list[FileProblem] = []

    def take(self, node: Node | None, read: Callable[[Node], T], otherwise: T) -> T:
        """What `read` makes of the node; `otherwise` when there is none, or a faulty one."""
        if node is None:
            return otherwise
        with self.gathered():
            return read(node)
        return otherwise

    def each_entry(self, node: Node | None, read: Callable[[str, Node], T]) -> dict[str, T]:
        """What `read` makes of each entry of a map, without the faulty ones; empty when there is no map."""
        made: dict[str, T] = {}
        nothing: Mapping[str, Node] = {}
        for name, entry in self.take(node, Node.mapping, nothing).items():
            with self.gathered():
                made[name] = read(name, entry)
        return made

    def each_item(self, node: Node | None, read: Callable[[Node], T]) -> tuple[T, ...]:
        """What `read` makes of each value of a list, without the faulty ones; empty when there is no list."""
        made: list[T] = []
        nothing: Sequence[Node] = ()
        for item in self.take(node, Node.items, nothing):
            with self.gathered():
                made.append(read(item))
        return tuple(made)

    def gathered(self) -> "_Gathering":
        """A block whose fault is kept for later."""
        return _Gathering(self._found)

    def settle(self) -> None:
        """Raise the fault nearest the top of the file; the others stand in its notes, one each.

        Raises:
            FileProblem: something was gathered.
        """
        if not self._found:
            return
        first, *others = sorted(self._found, key=lambda fault: fault.line or 0)
        for other in others[:MAX_NOTES]:
            first.add_note(other.message if other.hint is None else f"{other.message} ({other.hint})")
        raise first


class _Gathering:
    # A class, not a generator: only so does mypy know that the block may end early.
    def __init__(self, found: list[FileProblem]) -> None:
        self._found = found

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, FileProblem):
            return False
        self._found.append(error)
        return True
