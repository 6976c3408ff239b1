"""What `/app` was when the dyno started, and what the dyno made of it.

The slug lies at the bottom, kept folders (earlier writes in overlayfs form) above it. In that form a
deleted path is a character device 0:0, and a folder with the attribute `overlay.opaque` hides what is below it.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from minipaas.runtime.base import FileChange

_COMPARE_BYTES = 256 * 1024


def is_noise(relative: str) -> bool:
    """Python's compiled files: written by reading, never state."""
    return relative.endswith(".pyc") or "__pycache__" in relative.split("/")


class Layers:
    """The folders below a dyno's own writes, lowest first."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders

    def find(self, relative: str) -> Path | None:
        """Where the bytes of a path were at the start; None when it was not there."""
        for folder in reversed(self._folders):
            path, hides = _look(folder, relative)
            if path is not None:
                return path
            if hides:
                return None
        return None

    def files(self, below: str = "") -> dict[str, Path]:
        """Every file and symbolic link that was there at the start, by its path relative to `/app`."""
        found: dict[str, Path] = {}
        for folder in self._folders:
            path, hides = _look(folder, below)
            if hides:
                found.clear()
            if path is not None:
                _lay_over(found, path, below)
        return found


def _lay_over(found: dict[str, Path], path: Path, relative: str) -> None:
    kind = path.lstat().st_mode
    if not stat.S_ISDIR(kind):
        _forget(found, relative)
        if _is_content(kind):
            found[relative] = path
        return
    if is_opaque(path):
        _forget(found, relative)
    found.pop(relative, None)
    for entry in os.scandir(path):
        _lay_over(found, Path(entry.path), f"{relative}/{entry.name}" if relative else entry.name)


def _forget(found: dict[str, Path], relative: str) -> None:
    prefix = f"{relative}/" if relative else ""
    for name in [name for name in found if name == relative or name.startswith(prefix)]:
        del found[name]


def _look(folder: Path, relative: str) -> tuple[Path | None, bool]:
    """The path in one layer, None where it has none, and whether lower layers are hidden there."""
    at, hides = folder, False
    for part in relative.split("/") if relative else ():
        at = at / part
        try:
            kind = at.lstat()
        except FileNotFoundError:
            return None, hides
        except NotADirectoryError:
            return None, True
        if is_whiteout(kind):
            return None, True
        hides = hides or not stat.S_ISDIR(kind.st_mode) or is_opaque(at)
    return at, hides


def is_whiteout(kind: os.stat_result) -> bool:
    """overlayfs's mark of a deleted path."""
    return stat.S_ISCHR(kind.st_mode) and kind.st_rdev == 0


def is_opaque(folder: Path) -> bool:
    """overlayfs's mark of a folder that was deleted and made again."""
    if not hasattr(os, "getxattr"):
        return False
    for name in ("user.overlay.opaque", "trusted.overlay.opaque"):
        try:
            if os.getxattr(folder, name, follow_symlinks=False) == b"y":
                return True
        except OSError:
            continue
    return False


def _is_content(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def content_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file and symbolic link in a folder: relative path and place; what vanishes meanwhile is left out."""
    queue = [""]
    while queue:
        below = queue.pop()
        try:
            entries = sorted(os.scandir(folder / below), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            relative = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False):
                queue.append(relative)
            elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
                yield relative, Path(entry.path)


def overlay_changes(upper: Path, layers: Layers) -> Iterator[FileChange]:
    """What an overlay's upper folder says was changed, the noise left out; contents are compared before an M."""
    queue = [""]
    while queue:
        below = queue.pop()
        try:
            entries = sorted(os.scandir(upper / below), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            relative = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False):
                queue.append(relative)
                if is_opaque(Path(entry.path)):
                    yield from _deleted(relative, layers, Path(entry.path))
            else:
                yield from _changed(relative, Path(entry.path), layers)


def _changed(relative: str, path: Path, layers: Layers) -> Iterator[FileChange]:
    try:
        kind = path.lstat()
    except OSError:
        return
    if is_whiteout(kind):
        yield from _deleted(relative, layers, None)
        return
    if not _is_content(kind.st_mode) or is_noise(relative):
        return
    before = layers.find(relative)
    if before is not None and before.is_dir() and not before.is_symlink():
        yield from _deleted(relative, layers, None)
    change = compared(relative, path, before)
    if change is not None:
        yield change


def _deleted(relative: str, layers: Layers, remade: Path | None) -> Iterator[FileChange]:
    """Files that were below a deleted path, but for those that stand again in the folder made in its place."""
    for name in sorted(layers.files(relative)):
        again = remade is not None and os.path.lexists(remade / name.removeprefix(f"{relative}/"))
        if not again and not is_noise(name):
            yield FileChange("D", f"/app/{name}", None)


def compared(relative: str, now: Path, before: Path | None) -> FileChange | None:
    """A or M; None when the content is what it was: chmod, utime and opening for writing copy a file up too."""
    if before is None or not _is_content(before.lstat().st_mode):
        return FileChange("A", f"/app/{relative}", now)
    if same_content(now, before):
        return None
    return FileChange("M", f"/app/{relative}", now)


def same_content(one: Path, other: Path) -> bool:
    """Two files of equal bytes, or two symbolic links to the same place."""
    try:
        first, second = one.lstat(), other.lstat()
        if stat.S_IFMT(first.st_mode) != stat.S_IFMT(second.st_mode):
            return False
        if stat.S_ISLNK(first.st_mode):
            return one.readlink() == other.readlink()
        return first.st_size == second.st_size and _same_bytes(one, other)
    except OSError:
        return False


def _same_bytes(one: Path, other: Path) -> bool:
    with one.open("rb") as left, other.open("rb") as right:
        while True:
            piece = left.read(_COMPARE_BYTES)
            if piece != right.read(_COMPARE_BYTES):
                return False
            if not piece:
                return True


def scratch_changes(folder: Path, seen_at: str) -> Iterator[FileChange]:
    """Everything in a folder that was empty at the start."""
    for relative, path in content_below(folder):
        if not is_noise(relative):
            yield FileChange("A", f"{seen_at}/{relative}", path)
