"""What can be seen of a task whose node is this machine: its processes, its files, what it uses, as of any other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minipaas.runtime import proc
from minipaas.runtime.base import FileChange, Launch, Listener, Memory
from minipaas.runtime.boot import INIT_SLEEP
from minipaas.runtime.docker.changes import changes_by_folder, upper_folder
from minipaas.runtime.docker.container import group_of
from minipaas.runtime.layers import scratch_changes
from minipaas.runtime.sockets import listeners_of


class Sight:
    """`pid` is the container's init, 0 when it has ended, `groups` what `/proc` says of its control groups.

    Files stay in sight after the end, until the container is removed.
    """

    def __init__(self, pid: int, groups: str, upper: Path | None, launch: Launch) -> None:
        self.pid = pid
        self._upper = upper
        self._launch = launch
        self._group = group_of(groups)

    @classmethod
    def of(cls, container: str, inspected: dict[str, Any], launch: Launch) -> "Sight | None":
        """None where the container is on another machine: its init's number is nobody's, or a stranger's, here.

        One that has ended already is known by the folder of its files, whose name no two engines give.
        """
        pid = int(inspected["State"].get("Pid") or 0)
        groups = _groups_of(pid) if pid else ""
        upper = upper_folder(inspected)
        if container in groups:
            return cls(pid, groups, upper, launch)
        return cls(0, "", upper, launch) if upper is not None else None

    def pids(self) -> list[int]:
        """Its processes, the init left out."""
        return [pid for pid in self._tree() if proc.command_of(pid) != INIT_SLEEP]

    def _tree(self) -> list[int]:
        return list(proc.tree(self.pid)) if self.pid else []

    def memory(self) -> Memory:
        """By its control group, else by its processes."""
        known = self._group.memory() if self._group else None
        return known or Memory(proc.memory_of(self._tree(), self._launch.size.memory_bytes))

    def cpu_s(self) -> float:
        """Of all its processes."""
        return proc.cpu_of([self.pid, *self._tree()]) if self.pid else 0.0

    def listeners(self) -> list[Listener]:
        """In its own network."""
        return listeners_of(self.pids(), self.pid) if self.pid else []

    def writes(self) -> Iterator[FileChange] | None:
        """None where the engine's files are not ours to read."""
        return self._changes(self._upper) if self._upper is not None else None

    def _changes(self, upper: Path) -> Iterator[FileChange]:
        yield from changes_by_folder(upper, self._launch)
        for folder in ("tmp", "var/tmp"):
            yield from scratch_changes(upper / folder, f"/{folder}")


def _groups_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return ""
