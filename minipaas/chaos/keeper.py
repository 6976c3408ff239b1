"""A disk that outlives dynos: what each of them wrote is laid over the slug for the next one."""

import os
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from minipaas.runtime.base import FileChange

#: overlayfs's mark of a deleted path, which everybody may make.
_WHITEOUT = stat.S_IFCHR | 0o600
_APP = "/app/"


class SharedDisk:
    """Dynos stand on it one after another; `layers` is what they left under `/app`, oldest first."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.layers: tuple[Path, ...] = ()

    @property
    def tmp(self) -> Path:
        """What is mounted at /tmp."""
        return self.root / "tmp"

    def make(self) -> None:
        """Before the first dyno."""
        self.tmp.mkdir(parents=True)
        self.tmp.chmod(0o1777)

    def keep(self, changes: Iterable[FileChange]) -> None:
        """Keep what a dyno that has ended wrote under `/app`."""
        layer = self.root / f"layer-{len(self.layers)}"
        layer.mkdir()
        for change in changes:
            if change.path.startswith(_APP):
                place = layer / change.path.removeprefix(_APP)
                place.parent.mkdir(parents=True, exist_ok=True)
                if change.real is None:
                    # Where even this is forbidden, what was deleted is there again.
                    with suppress(PermissionError):
                        os.mknod(place, _WHITEOUT, os.makedev(0, 0))
                else:
                    shutil.copy2(change.real, place, follow_symlinks=False)
        self.layers = (*self.layers, layer)

    def drop(self) -> None:
        """Delete it."""
        shutil.rmtree(self.root, ignore_errors=True)
