"""The sandbox runtime: a dyno in namespaces of its own, by bubblewrap, its `/app` an overlay over the slug.

Behaves the same for root and for an ordinary user and takes as long for a large slug as for a small one.
"""

import asyncio
import errno
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from minipaas.errors import DynoProblem
from minipaas.limits import R15_FACTOR
from minipaas.runtime.base import Capabilities, DynoProcess, Launch
from minipaas.runtime.boot import DEFAULT_SIGNALS, command_words
from minipaas.runtime.bwrap import View, environment_words, sandbox_words, write_users
from minipaas.runtime.cgroup import Cgroup, Cgroups, find_cgroups
from minipaas.runtime.disk import Disk, disk_problem
from minipaas.runtime.setup import Refused, Setup
from minipaas.runtime.stack import Stack
from minipaas.runtime.traces import MARK_NAME, Traces, home_id
from minipaas.runtime.wires import Wires

#: bubblewrap sets a sandbox up in milliseconds; a machine that needs longer than this is stuck.
_SETUP_S = 30.0
#: The init, its `sleep`, and a shell that is about to become the app.
_OWN_PROCESSES = 3
_DISK_FULL = os.strerror(errno.ENOSPC)


class SandboxRuntime:
    """Launches dynos by bubblewrap.

    `state` is the home folder, whose `hosts` folder holds the areas. `scratch` takes the disks instead of the
    hosts' areas where those lie on a file system that cannot carry an overlay's upper folder. `refused` is called
    when a launch fails by the sandbox's own fault, so that what is remembered of this machine is asked anew.
    `resets_signals`: see `env_resets_signals`.
    """

    name = "sandbox"

    def __init__(
        self,
        state: Path,
        bwrap: Path,
        stack: Stack,
        scratch: Path | None = None,
        refused: Callable[[], None] = lambda: None,
        *,
        resets_signals: bool,
    ) -> None:
        self._bwrap = bwrap
        self._stack = stack
        self._scratch = scratch
        self._shared = state / "runtime"
        self._refused = refused
        self._view: View | None = None
        self._prefix = DEFAULT_SIGNALS if resets_signals else ()
        self._cgroups: Cgroups | None = find_cgroups(home_id(state)) if os.geteuid() == 0 else None
        self._traces = Traces(state, scratch, self._cgroups)

    @property
    def path(self) -> str:
        """PATH of a dyno whose environment names none."""
        return self._stack.path

    def capabilities(self) -> Capabilities:
        """Everything. Without control groups memory is sampled: the R15 comes some seconds later, and is not lost."""
        return Capabilities(
            name=self.name,
            private_files=True,
            private_tmp=True,
            private_processes=True,
            read_only_stack=True,
            memory_limit=self._cgroups is not None,
            process_limit=self._cgroups is not None or os.geteuid() != 0,
        )

    def inside(self, source: Path, target: str) -> str:
        """Folders are mapped: the target."""
        return target

    async def start(self, launch: Launch) -> DynoProcess:
        """Launch; see the protocol."""
        area = self._scratch / launch.host.name if self._scratch else launch.host.area
        disk = Disk(area / launch.id)
        group = self._cgroups.group(launch.id) if self._cgroups else None
        self._traces.remember(launch.id, disk.root, *(group.folders if group else ()))
        try:
            disk.make()
            process = await self._launch(launch, disk, group)
        except BaseException as error:
            disk.discard()
            if group:
                group.remove()
            self._traces.forget(launch.id)
            if not isinstance(error, Refused):
                raise
            if _DISK_FULL in error.reason:
                raise disk_problem(area, _DISK_FULL) from error
            self._refused()
            raise
        self._traces.guard()
        return process

    async def _launch(self, launch: Launch, disk: Disk, group: Cgroup | None) -> DynoProcess:
        words = [*sandbox_words(launch, disk, self._seen(), self._shared / "empty"), *self._environment(launch)]
        if any("\0" in word for word in words):
            raise DynoProblem("cannot launch a dyno: its environment has a NUL character")
        try:
            entering = self._enter(group, launch) if group else ()
            wires = Wires.of(launch)
            command = (*wires.session, *self._prefix, *command_words(launch, wires.take_input, tell_ready=True))
            setup = Setup(self._bwrap, words, command, self._traces.mark(launch.id), wires, entering)
        except OSError as error:
            raise Refused(error.strerror or str(error)) from error
        from minipaas.runtime.sandboxed import SandboxProcess  # noqa: PLC0415  bubblewrap is at work meanwhile

        try:
            async with asyncio.timeout(_SETUP_S):
                pid = await setup.init_pid()
                if group is None and os.geteuid() != 0:
                    with suppress(ProcessLookupError):  # refused after all: `go` has the reason
                        self._limit(pid, launch)
                pidfd = await setup.go()
        except BaseException as error:
            setup.abandon()
            raise _told(error) from error
        return SandboxProcess(launch, setup, (pid, pidfd), disk, group, self._traces)

    def _seen(self) -> View:
        if self._view is None:
            try:
                write_users(self._shared / "etc")
                (self._shared / "empty").mkdir(exist_ok=True)
            except OSError as error:
                raise disk_problem(self._shared, error.strerror or str(error)) from error
            self._view = View.of(self._stack, self._shared / "etc")
        return self._view

    def _environment(self, launch: Launch) -> Iterator[str]:
        here = {"HOME": "/app", "PWD": launch.cwd or "/app", MARK_NAME: self._traces.mark(launch.id)}
        return environment_words({"PATH": self.path, **launch.env, **here})

    @staticmethod
    def _enter(group: Cgroup, launch: Launch) -> tuple[str, ...]:
        """bubblewrap itself enters, and with it the whole dyno that is to be born from it."""
        group.make(launch.size.memory_bytes * R15_FACTOR, launch.size.processes + _OWN_PROCESSES + 1)
        return group.entering()

    @staticmethod
    def _limit(pid: int, launch: Launch) -> None:
        """Processes of an ordinary user: each user namespace counts for itself since Linux 5.14."""
        _, most = resource.prlimit(pid, resource.RLIMIT_NPROC)
        processes = launch.size.processes + _OWN_PROCESSES
        allowed = processes if most == resource.RLIM_INFINITY else min(processes, most)
        resource.prlimit(pid, resource.RLIMIT_NPROC, (allowed, allowed))

    async def sweep(self) -> int:
        """End and clear what an earlier platform on this home left."""
        return await asyncio.to_thread(self._traces.sweep)

    async def close(self) -> None:
        """Let the warden go."""
        self._traces.close()


def _told(error: BaseException) -> BaseException:
    """A failed system call or a stuck set-up as the user is told of it; all else as it is."""
    if isinstance(error, TimeoutError):
        return Refused(f"it was not there within {_SETUP_S:.0f} s")
    return Refused(error.strerror or str(error)) if isinstance(error, OSError) else error
