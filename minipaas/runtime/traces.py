"""What one run of a platform leaves on the machine, marked so that it is found whatever happens to the platform."""

import hashlib
import os
from pathlib import Path

from minipaas.runtime import reaper
from minipaas.runtime.cgroup import Cgroups
from minipaas.runtime.warden import Warden

MARK_NAME = reaper.MARK_NAME


def home_id(state: Path) -> str:
    """Twelve characters that tell this state folder from every other on the machine."""
    return hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:12]


class Traces:
    """Marks, remembers and clears what dynos of one home are made of.

    A mark is `HOME.RUN.LAUNCH/`: sweeping goes by the home, the warden by home and run, a dyno's own end by all
    three. So no other home and no stranger is ever touched, and an old warden leaves a new platform alone.
    The home's `hosts` folder, and `scratch` where disks cannot lie there, hold a folder a host, which hold one a
    launch.
    """

    def __init__(self, state: Path, scratch: Path | None = None, cgroups: Cgroups | None = None) -> None:
        self.home = home_id(state)
        self._run = f"{self.home}.{os.urandom(4).hex()}."
        self._areas = (state / "hosts", *((scratch,) if scratch else ()))
        self._scratch = scratch
        self._cgroups = cgroups
        self._launches: dict[str, tuple[str, ...]] = {}
        self._warden = Warden(self._run)

    def mark(self, launch_id: str) -> str:
        """The value of MINIPAAS_DYNO_ID for the processes of a launch.

        No launch id has a slash, so no mark is the beginning of another's.
        """
        return f"{self._run}{launch_id}/"

    def remember(self, launch_id: str, *paths: Path) -> None:
        """These are to be removed should the platform die."""
        self._launches[launch_id] = tuple(str(path) for path in paths)
        self._warden.hold(self._launches[launch_id])

    def forget(self, launch_id: str) -> None:
        """All of it has been removed."""
        self._warden.let_go(self._launches.pop(launch_id, ()))

    def guard(self) -> None:
        """See to it that the warden runs; called once a dyno does."""
        self._warden.start()

    def sweep(self) -> int:
        """End and remove what earlier platforms of this home left; how many launches that were."""
        swept = {mark[len(self._run) :].rstrip("/") for mark in self._kill_earlier()}
        return len(swept | self._sweep_disks() | self._sweep_cgroups())

    def _kill_earlier(self) -> set[str]:
        """By the home's mark, run by run, this run left out."""
        runs = {mark[: len(self._run)] for mark in reaper.marked(f"{self.home}.").values()}
        return {mark for run in runs - {self._run} for mark in reaper.kill_marked(run)}

    def _sweep_disks(self) -> set[str]:
        stale = [folder for area in self._areas for folder in area.glob("*/*") if folder.name not in self._launches]
        for folder in stale:
            reaper.remove_tree(str(folder))
        return {folder.name for folder in stale}

    def _sweep_cgroups(self) -> set[str]:
        if self._cgroups is None:
            return set()
        stale = self._cgroups.names() - self._launches.keys()
        for name in stale:
            for folder in self._cgroups.group(name).folders:
                reaper.remove(str(folder))
        return stale

    def close(self) -> None:
        """No dyno is left: let the warden go, and leave no disk, no group and no folder outside the home."""
        self._warden.close()
        self._sweep_disks()
        self._sweep_cgroups()
        if self._scratch is not None:
            reaper.remove_tree(str(self._scratch))
