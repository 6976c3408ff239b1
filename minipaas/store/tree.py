"""A folder as content: what is in it, the digest of that, and how to delete it for certain.

Content is names, bytes, link targets and the executable bit. Owners, times and the other permission bits are
no part of it, so that two checkouts of one commit are one source.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from minipaas.frozen import frozen

_CHUNK = 1 << 20


@frozen
class Entry:
    """One name in a folder. `path` is relative with `/`; `mode` is `st_mode`, of the link itself where it is one."""

    path: str
    mode: int
    size: int

    @property
    def is_link(self) -> bool:
        """A symbolic link."""
        return stat.S_ISLNK(self.mode)

    @property
    def is_folder(self) -> bool:
        """A folder."""
        return stat.S_ISDIR(self.mode)

    @property
    def is_file(self) -> bool:
        """A regular file."""
        return stat.S_ISREG(self.mode)

    @property
    def kind(self) -> bytes:
        """Git's mode word, what the digest holds of the mode."""
        if self.is_folder:
            return b"040000"
        if self.is_link:
            return b"120000"
        return b"100755" if self.mode & 0o111 else b"100644"


def entry_at(root: Path, path: str) -> Entry:
    """The entry of one name.

    Raises:
        OSError: there is nothing of that name.
    """
    found = os.lstat(os.path.join(root, path))  # noqa: PTH118  3000 times a source: Path costs more than the call
    return Entry(path, found.st_mode, found.st_size)


def walk(root: Path, leave_out: Callable[[str, str], bool] = lambda _path, _name: False) -> Iterator[Entry]:
    """Everything under `root`, links not followed, folders before what is in them.

    `leave_out(path, name)` true drops the entry and, for a folder, all below it.

    Raises:
        OSError: a folder cannot be read.
    """
    pending = [""]
    while pending:
        inside = pending.pop()
        with os.scandir(root / inside) as found:
            for item in found:
                path = f"{inside}/{item.name}" if inside else item.name
                if leave_out(path, item.name):
                    continue
                status = item.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    pending.append(path)
                yield Entry(path, status.st_mode, status.st_size)


def chunks(path: Path | str) -> Iterator[bytes]:
    """The bytes of a file, piece by piece."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        while data := os.read(descriptor, _CHUNK):
            yield data
    finally:
        os.close(descriptor)


class Digest:
    """SHA-256 over sorted entries; feed them in the order of `in_order`."""

    def __init__(self) -> None:
        self._all = hashlib.sha256()

    def add(self, entry: Entry, content: Iterable[bytes]) -> None:
        """One entry with its bytes (the target for a link, nothing for a folder)."""
        own = hashlib.sha256()
        for data in content:
            own.update(data)
        self._all.update(b"%s %s\0%s" % (entry.kind, os.fsencode(entry.path), own.digest()))

    def hex(self) -> str:
        """The digest so far, 64 digits."""
        return self._all.hexdigest()


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Sorted by the bytes of the path: the same on every machine."""
    return sorted(entries, key=lambda entry: os.fsencode(entry.path))


def content(root: Path, entry: Entry) -> Iterable[bytes]:
    """What the digest takes as an entry's content."""
    path = os.path.join(root, entry.path)  # noqa: PTH118
    if entry.is_link:
        return (os.fsencode(os.readlink(path)),)  # noqa: PTH115
    return chunks(path) if entry.is_file else ()


def digest(root: Path, entries: Iterable[Entry]) -> str:
    """SHA-256 of those entries of a folder, 64 hex digits.

    Raises:
        OSError: one of them cannot be read.
    """
    whole = Digest()
    for entry in in_order(entries):
        whole.add(entry, content(root, entry))
    return whole.hex()


def remove(path: Path) -> None:
    """Delete a file or folder if it is there, folders without write permission too.

    Raises:
        OSError: it cannot be deleted even so.
    """
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    from shutil import rmtree  # noqa: PLC0415  five modules for compressed files come with it

    try:
        rmtree(path)
    except PermissionError:
        for folder, _, _ in os.walk(path):
            Path(folder).chmod(0o700)
        rmtree(path)
