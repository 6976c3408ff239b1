"""A dyno's disk in its host's area: what it writes under `/app`, `/tmp` and `/var/tmp`."""

import os
from pathlib import Path

from minipaas.errors import DynoProblem
from minipaas.frozen import frozen
from minipaas.runtime.reaper import remove_tree

#: With less than this free in the area nothing is launched.
SPARE_BYTES = 1024 * 1024


@frozen
class Disk:
    """The folder of one launch. `app` is the overlay's upper folder, or the whole copy of the slug."""

    root: Path

    @property
    def app(self) -> Path:
        """What is written to `/app`."""
        return self.root / "app"

    @property
    def work(self) -> Path:
        """The overlay's own work folder."""
        return self.root / "work"

    @property
    def tmp(self) -> Path:
        """`/tmp`."""
        return self.root / "tmp"

    @property
    def var_tmp(self) -> Path:
        """`/var/tmp`."""
        return self.root / "var_tmp"

    def make(self) -> None:
        """Make the folders.

        Raises:
            DynoProblem: no space is left, or the area cannot be written.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True)
            for folder in (self.app, self.work, self.tmp, self.var_tmp):
                folder.mkdir(mode=0o755)
            self.tmp.chmod(0o1777)
            self.var_tmp.chmod(0o1777)
            room = os.statvfs(self.root)
        except OSError as error:
            raise disk_problem(self.root.parent, error.strerror or str(error)) from error
        if room.f_bavail * room.f_frsize < SPARE_BYTES:
            raise disk_problem(self.root.parent, "No space left on device")

    def discard(self) -> None:
        """Delete it; the kernel leaves the work folder without any permission, which is dealt with."""
        remove_tree(str(self.root))


def disk_problem(area: Path, cause: str) -> DynoProblem:
    """What to say when the host's area cannot take a dyno's disk."""
    return DynoProblem(
        f"cannot make a disk for the dyno in {area}: {cause}",
        "free some space there, or set MINIPAAS_HOME to a folder with more of it",
    )
