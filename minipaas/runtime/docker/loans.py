"""Folders of the platform's that a container writes to: given to the dyno's user, and taken back.

The sandbox maps the dyno's user to the platform's own; a container's user is who he is. So where root runs the
platform a folder changes hands for the time, and a slug that was built in a container belongs to root as any other.
"""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from minipaas.runtime.base import Bind


class Loans:
    """`uid` is the dyno's user. Nothing is done where that is the platform's own."""

    def __init__(self, uid: int) -> None:
        self._uid = uid
        self._own = os.geteuid()
        self._lent: Counter[Path] = Counter()

    def lend(self, binds: Iterable[Bind]) -> tuple[Path, ...]:
        """Give those away that the dyno could not use otherwise; which that were. Blocking.

        Raises:
            OSError: one cannot be given away.
        """
        lent = tuple(bind.source for bind in binds if self._own == 0 != self._uid and _needed(bind, self._uid))
        for folder in lent:
            self._lent[folder] += 1
            give(folder, self._uid)
        return lent

    def take_back(self, folders: Iterable[Path]) -> None:
        """After the dyno's end; what others still use stays theirs. Blocking."""
        for folder in folders:
            self._lent[folder] -= 1
            if self._lent[folder] <= 0:
                del self._lent[folder]
                give(folder, self._own)


def _needed(bind: Bind, uid: int) -> bool:
    kind = bind.source.lstat()
    others_may = kind.st_mode & 0o005 == 0o005
    return kind.st_uid in (os.geteuid(), uid) and (bind.writable or not others_may)


def give(folder: Path, uid: int) -> None:
    """All of a folder to a user; what vanishes meanwhile is left out.

    Raises:
        OSError: not permitted.
    """
    _chown(str(folder), uid)
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            _chown(os.path.join(place, name), uid)  # noqa: PTH118  thousands of them


def _chown(path: str, uid: int) -> None:
    try:
        os.lchown(path, uid, uid)
    except FileNotFoundError:
        return
