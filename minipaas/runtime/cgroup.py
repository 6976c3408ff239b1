"""A control group for each dyno, where this machine lets us make one: memory limit, process limit, exact figures.

Both generations are spoken: v1 (a tree for each controller) and v2 (one tree). Without root neither can be
written, as a rule; then there are no limits and memory is sampled.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from minipaas.frozen import frozen
from minipaas.runtime.base import Memory

ROOT = Path("/sys/fs/cgroup")
_CONTROLLERS = ("memory", "pids")
_V1_NAMES = ("rss", "shmem", "swap", "cache", "pgpgin", "pgpgout")
#: Writes itself, which is 0, into each file before `--`, and becomes the command after it.
_ENTER = 'while [ "$1" != -- ]; do echo 0 >"$1" || exit; shift; done; shift; exec "$@"'


@frozen
class Cgroups:
    """Where this home's dynos have their groups: beside all others, told apart by `prefix`. `unified` is v2."""

    parents: tuple[Path, ...]
    prefix: str
    unified: bool

    def group(self, name: str) -> "Cgroup":
        """The group of one launch; nothing is made yet."""
        return Cgroup(tuple(parent / f"{self.prefix}{name}" for parent in self.parents), self.unified)

    def names(self) -> set[str]:
        """The launches of this home that have a group."""
        found: set[str] = set()
        for parent in self.parents:
            found |= {path.name.removeprefix(self.prefix) for path in parent.glob(f"{self.prefix}*")}
        return found


def find_cgroups(home: str, root: Path = ROOT) -> Cgroups | None:
    """Try to make a group; None where the kernel or our rights do not allow memory and process limits."""
    unified = (root / "cgroup.controllers").exists()
    parents = (root,) if unified else tuple(root / controller for controller in _CONTROLLERS)
    cgroups = Cgroups(parents, f"minipaas-{home}-", unified)
    trial = cgroups.group("trial")
    try:
        if unified:
            (root / "cgroup.subtree_control").write_text("+memory +pids")
        trial.make(memory_bytes=2**30, processes=100)
    except OSError:
        return None
    finally:
        trial.remove()
    return cgroups


class Cgroup:
    """One dyno's group. The memory folder comes first; under v2 it is the only one."""

    def __init__(self, folders: tuple[Path, ...], unified: bool) -> None:
        self.folders = folders
        self._unified = unified
        self._alarm: int | None = None
        self._exceeded = False

    def make(self, memory_bytes: int, processes: int) -> None:
        """Make it with its limits; memory counts swap too.

        Raises:
            OSError: not permitted, or the controllers are not there.
        """
        memory, pids = self.folders[0], self.folders[-1]
        for folder in self.folders:
            folder.mkdir()
        (pids / "pids.max").write_text(str(processes))
        if self._unified:
            (memory / "memory.max").write_text(str(memory_bytes))
            with suppress(OSError):
                (memory / "memory.swap.max").write_text("0")
            (memory / "memory.oom.group").write_text("1")
            return
        (memory / "memory.limit_in_bytes").write_text(str(memory_bytes))
        with suppress(OSError):  # a kernel without swap accounting
            (memory / "memory.memsw.limit_in_bytes").write_text(str(memory_bytes))

    def entering(self) -> tuple[str, ...]:
        """Words before a command that let its process enter by itself; its later children follow.

        Under v1 that is free, where the kernel stops all CPUs for 10 ms to move a process from outside.
        """
        name = "cgroup.procs" if self._unified else "tasks"
        return "/bin/sh", "-c", _ENTER, "sh", *(str(folder / name) for folder in self.folders), "--"

    def when_exceeded(self, act: Callable[[], None]) -> None:
        """Call `act` when the memory limit was hit: v1 kills one process where R15 means the dyno."""
        if self._unified:
            return
        memory = self.folders[0]
        alarm = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        try:
            with (memory / "memory.oom_control").open() as control:
                (memory / "cgroup.event_control").write_text(f"{alarm} {control.fileno()}")
        except OSError:
            os.close(alarm)
            return
        self._alarm = alarm

        def rang() -> None:
            with suppress(OSError):
                os.eventfd_read(alarm)
            self._exceeded = True  # it rings before the kernel has chosen and counted its victim
            act()

        asyncio.get_running_loop().add_reader(alarm, rang)

    def exceeded(self) -> bool:
        """Has the memory limit ended a process of the dyno?"""
        return self._exceeded or self._killed_one()

    def _killed_one(self) -> bool:
        name = "memory.events" if self._unified else "memory.oom_control"
        return self._numbers(name).get("oom_kill", 0) > 0

    def memory(self) -> Memory | None:
        """Anonymous, shared and swapped memory, and the page cache; None when the group is gone."""
        stat = self._numbers("memory.stat")
        if not stat:
            return None
        if self._unified:
            swap, shared = self._swap(), stat.get("shmem", 0)
            return Memory(stat.get("anon", 0) + shared + swap, stat.get("file", 0) - shared, swap)
        rss, shared, swap, cache, pages_in, pages_out = (stat.get(f"total_{name}", 0) for name in _V1_NAMES)
        return Memory(rss + shared + swap, cache - shared, swap, pages_in, pages_out)

    def _swap(self) -> int:
        with suppress(OSError, ValueError):
            return int((self.folders[0] / "memory.swap.current").read_text())
        return 0

    def _numbers(self, name: str) -> dict[str, int]:
        try:
            lines = (self.folders[0] / name).read_text().splitlines()
        except OSError:
            return {}
        pairs = (line.split() for line in lines)
        return {words[0]: int(words[1]) for words in pairs if len(words) == 2 and words[1].isdigit()}

    def close(self) -> None:
        """Stop to listen for the alarm."""
        if self._alarm is not None:
            asyncio.get_running_loop().remove_reader(self._alarm)
            os.close(self._alarm)
            self._alarm = None

    def remove(self) -> bool:
        """Remove it; False while the kernel has not let go of its last process."""
        for folder in self.folders:
            try:
                folder.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                return False
        return True
