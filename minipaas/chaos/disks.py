"""What a dyno wrote on its disk while it handled requests: evidence that explains, and never decides."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from minipaas.chaos.history import FileEvidence
from minipaas.runtime.base import FileChange

#: Larger files are not searched for markers.
_SEARCHED_BYTES = 32 * 1024 * 1024
_TOKEN = re.compile(rb"zq\d{3}[a-z]{2}", re.IGNORECASE)
#: Files that every process may leave and nobody misses.
_HARMLESS = re.compile(
    r"__pycache__|\.pyc$|\.pid$|\.sock$|^/tmp/(?:wgunicorn|tmp)|/\.cache/|/\.npm/|node-compile-cache|/\.gunicorn/"
)


def fingerprints(changes: Iterable[FileChange]) -> Iterator[tuple[str, int]]:
    """Path and size of each file: what tells it from what it was after boot."""
    for change in changes:
        size = _size(change.real)
        if size is not None:
            yield change.path, size


def evidence(changes: Iterable[FileChange], at_boot: frozenset[tuple[str, int]]) -> list[FileEvidence]:
    """The files that were not there, or not of that size, after boot."""
    found = []
    for change in changes:
        size = _size(change.real)
        if size is None or (change.path, size) in at_boot or _HARMLESS.search(change.path):
            continue
        assert change.real is not None
        found.append(FileEvidence(change.path, size, _tokens(change.real, size)))
    return found


def _size(path: Path | None) -> int | None:
    try:
        return path.stat().st_size if path is not None and path.is_file() else None
    except OSError:
        return None


def _tokens(path: Path, size: int) -> tuple[str, ...]:
    if size > _SEARCHED_BYTES:
        return ()
    try:
        return tuple(sorted({token.decode().lower() for token in _TOKEN.findall(path.read_bytes())}))
    except OSError:
        return ()
