"""A dyno that runs in a container.

The engine makes it and tells how it ended. Between the two it is a process of this machine as any other: signals go
to its init directly, its memory is its control group's, its end is seen in the moment it comes.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minipaas.errors import DynoProblem
from minipaas.model.dyno import Exit
from minipaas.runtime import proc
from minipaas.runtime.base import Console, FileChange, Launch, Listener, Memory
from minipaas.runtime.boot import INIT_SLEEP
from minipaas.runtime.cgroup import ROOT, Cgroup
from minipaas.runtime.disk import Disk
from minipaas.runtime.docker.attachment import Attachment
from minipaas.runtime.docker.changes import changes_by_engine, changes_by_folder, scratch
from minipaas.runtime.docker.engine import Engine, EngineDown
from minipaas.runtime.sockets import listeners_of

if TYPE_CHECKING:
    from docker import APIClient

#: What an engine may still have of an ended container's output when it does not tell the end by itself.
_TAIL_S = 10.0
#: A stream that ends before its container, and stays ended for so long, is an engine that is gone.
_GONE_AFTER_S = 0.5
#: An engine of this machine tells within milliseconds that a container has ended.
_SEEN_WITHIN_S = 5.0
_ASKED_AGAIN = 3
_KILLED = 128 + signal.SIGKILL


class ContainerProcess:
    """`pid` is the init, PID 1 inside; 0 where it had ended before anybody could look.

    Args:
        ended: clears up what belongs to the dyno's life, in a thread, before `wait` returns.
        discarded: told once by `discard`.
    """

    def __init__(
        self,
        launch: Launch,
        engine: Engine,
        container: str,
        attachment: Attachment,
        disk: Disk,
        ended: Callable[[], None],
        discarded: Callable[[], None],
    ) -> None:
        self.id = launch.id
        self.pid = 0
        self.console: Console | None = attachment.console
        self.container = container
        self._launch = launch
        self._engine = engine
        self._attachment = attachment
        self._disk = disk
        self._ended = ended
        self._discarded: Callable[[], None] | None = discarded
        self._pidfd: int | None = None
        self._group: Cgroup | None = None
        self._upper: Path | None = None
        self._loop = asyncio.get_running_loop()
        self._exit: asyncio.Future[Exit] = self._loop.create_future()
        self._finishing: asyncio.Task[None] | None = None
        attachment.ended.add_done_callback(lambda _: self._loop.call_later(_GONE_AFTER_S, self._unheard))

    async def live(self, inspected: dict[str, Any], upper: Path | None) -> None:
        """Follow it from the moment it was started; returns when signals reach the app, or it has ended."""
        self._upper = upper
        self.pid = int(inspected["State"].get("Pid") or 0)
        self._pidfd = _open_process(self.pid, self.container)
        if self._pidfd is None:
            self._finish()
        else:
            self._loop.add_reader(self._pidfd, self._init_ended)
            self._group = group_of(_groups_of(self.pid))
            if self._group:
                self._group.when_exceeded(self.kill)
        waits: list[asyncio.Future[Any]] = [self._attachment.ready, self._exit]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)

    async def wait(self) -> Exit:
        """Wait until every process of the dyno is gone and its output is read to the end."""
        return await asyncio.shield(self._exit)

    def terminate(self) -> None:
        """SIGTERM to every process of the dyno, by way of its init."""
        self._signal(signal.SIGTERM)

    def hang_up(self) -> None:
        """SIGHUP to every process of the dyno, by way of its init."""
        self._signal(signal.SIGHUP)

    def kill(self) -> None:
        """SIGKILL to every process of the dyno: the kernel ends a namespace with its init."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self._pidfd is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    def _unheard(self) -> None:
        """The init holds the other end as long as it lives: the engine has died, and nobody hears the dyno."""
        if self._pidfd is not None:
            self.kill()

    def _init_ended(self) -> None:
        assert self._pidfd is not None
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._pidfd = None
        self._finish()

    def _finish(self) -> None:
        self._finishing = self._loop.create_task(self._come_to_an_end())

    async def _come_to_an_end(self) -> None:
        exceeded = self._group is not None and self._group.exceeded()
        if self._group:
            self._group.close()
        status, exceeded_too = await self._told_the_end()
        try:
            await self._attachment.finish(_TAIL_S)
            with suppress(OSError):
                await asyncio.to_thread(self._ended)
        finally:
            self._exit.set_result(Exit(status, exceeded or exceeded_too))

    async def _told_the_end(self) -> tuple[int, bool]:
        """Status, and whether memory ended it; a dead engine tells no more, a lost call is made again."""
        for _ in range(_ASKED_AGAIN):
            try:
                return await self._engine.call("see how a container ended", self._how_it_ended)
            except EngineDown:
                if not self._engine.answers():
                    break
            except DynoProblem:
                break
        return _KILLED, False

    def _how_it_ended(self, api: "APIClient") -> tuple[int, bool]:
        status = int(api.wait(self.container)["StatusCode"])
        return status, bool(api.inspect_container(self.container)["State"].get("OOMKilled"))

    def pids(self) -> list[int]:
        """Its processes, as this machine numbers them, the init left out."""
        if self._pidfd is None:
            return []
        return [pid for pid in proc.tree(self.pid) if proc.command_of(pid) != INIT_SLEEP]

    def memory(self) -> Memory:
        """What it uses now; zero when it ended."""
        if self._pidfd is None:
            return Memory(0)
        known = self._group.memory() if self._group else None
        return known or Memory(proc.memory_of(proc.tree(self.pid), self._launch.size.memory_bytes))

    def cpu_s(self) -> float:
        """CPU seconds of all its processes; zero when it ended."""
        return 0.0 if self._pidfd is None else proc.cpu_of([self.pid, *proc.tree(self.pid)])

    def listeners(self) -> list[Listener]:
        """The TCP sockets its processes listen on."""
        return listeners_of(self.pids())

    def writes(self) -> list[FileChange]:
        """What it changed on its disk so far; also after it ended, until `discard`."""
        if self._discarded is None:
            return []
        return [*self._in_container(), *scratch(self._disk)]

    def _in_container(self) -> Iterable[FileChange]:
        if self._upper is not None:
            return changes_by_folder(self._upper, self._launch)
        with suppress(OSError):  # the engine is gone, and the container's files with it
            return self._engine.now(lambda api: changes_by_engine(api, self.container, self._launch, self._disk))
        return ()

    def discard(self) -> None:
        """Delete its disk. Only after `wait` returned."""
        if self._discarded is not None:
            tell, self._discarded = self._discarded, None
            tell()


def _open_process(pid: int, container: str) -> int | None:
    """A pidfd of a container's init; None when it has ended. Its number may be a stranger's by now."""
    if not pid:
        return None
    with suppress(OSError):
        opened = os.pidfd_open(pid)
        if container in _groups_of(pid):
            return opened
        os.close(opened)
    return None


def see_processes(api: "APIClient", container: str) -> dict[str, Any]:
    """What the engine tells of a container that was just started.

    Raises:
        DynoProblem: it runs, and its processes are not to be seen from here.
    """
    end = time.monotonic() + _SEEN_WITHIN_S
    while time.monotonic() < end:  # one that has ended already is told of as running for a moment
        told = dict(api.inspect_container(container))
        if not told["State"].get("Running") or container in _groups_of(int(told["State"]["Pid"])):
            return told
        time.sleep(0.02)
    raise DynoProblem(
        "cannot see a container's processes: the Docker engine is not of this machine",
        "inside a container that has only the engine's socket use `--runtime sandbox`",
    )


def _groups_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return ""


def group_of(told: str, root: Path = ROOT) -> Cgroup | None:
    """The control group that the engine made for a container, by what `/proc/PID/cgroup` says of its init.

    None where it is not to be seen from here.
    """
    places = {}
    for line in told.splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            places[controller] = path.lstrip("/")
    if "memory" in places:
        folders = tuple(root / name / places.get(name, "") for name in ("memory", "pids"))
        return Cgroup(folders, unified=False) if (folders[0] / "memory.stat").exists() else None
    folder = root / places.get("", "")
    if not places.get("") or not (folder / "memory.stat").exists():
        return None
    with suppress(OSError):  # R15 means the dyno, not one of its processes
        (folder / "memory.oom.group").write_text("1")
    return Cgroup((folder,), unified=True)
