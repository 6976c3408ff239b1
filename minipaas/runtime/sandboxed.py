"""A dyno that runs in the sandbox."""

import asyncio
import os
import signal
from contextlib import suppress

from minipaas.model.dyno import Exit
from minipaas.runtime import proc
from minipaas.runtime.base import FileChange, Launch, Listener, Memory
from minipaas.runtime.boot import INIT_SLEEP
from minipaas.runtime.cgroup import Cgroup
from minipaas.runtime.child import exit_status
from minipaas.runtime.disk import Disk
from minipaas.runtime.layers import Layers, overlay_changes, scratch_changes
from minipaas.runtime.setup import Setup
from minipaas.runtime.sockets import listeners_of
from minipaas.runtime.traces import Traces

#: bubblewrap ends this much after the init, or a few times as much on a busy machine.
_REAP_S = 0.001


class SandboxProcess:
    """`pid` is its init, PID 1 inside: what is sent there is passed to all, and with it the whole namespace ends."""

    def __init__(
        self,
        launch: Launch,
        setup: Setup,
        init: tuple[int, int],
        disk: Disk,
        group: Cgroup | None,
        traces: Traces,
    ) -> None:
        self.id = launch.id
        self.pid, self._pidfd = init
        self._launch = launch
        self._bwrap = setup.bwrap
        self._disk = disk
        self._group = group
        self._traces = traces
        self._loop = asyncio.get_running_loop()
        self._exit: asyncio.Future[Exit] = self._loop.create_future()
        self._output, self.console = setup.wires.join(launch.output)
        self._output.start()
        self._loop.add_reader(self._pidfd, self._init_ended)
        if group:
            group.when_exceeded(self.kill)

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
        if not self._exit.done():
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    def _init_ended(self) -> None:
        """The namespace is empty; bubblewrap, which knows the status, ends in a moment."""
        self._loop.remove_reader(self._pidfd)
        self._reap()

    def _reap(self) -> None:
        if self._bwrap.poll() is None:
            self._loop.call_later(_REAP_S, self._reap)
            return
        os.close(self._pidfd)
        exceeded = self._group is not None and self._group.exceeded()
        if self._group:
            self._group.close()
        try:
            self._output.close()
            if self.console:
                self.console.hang_up()
        finally:
            self._exit.set_result(Exit(exit_status(self._bwrap.returncode), exceeded))

    def pids(self) -> list[int]:
        """Its processes, as this machine numbers them, the init left out."""
        if self._exit.done():
            return []
        return [pid for pid in proc.tree(self.pid) if proc.command_of(pid) != INIT_SLEEP]

    def memory(self) -> Memory:
        """What it uses now; zero when it ended."""
        if self._exit.done():
            return Memory(0)
        known = self._group.memory() if self._group else None
        if known is None:
            known = Memory(proc.memory_of(proc.tree(self.pid), self._launch.size.memory_bytes))
        return known

    def cpu_s(self) -> float:
        """CPU seconds of all its processes; zero when it ended."""
        return 0.0 if self._exit.done() else proc.cpu_of([self.pid, *proc.tree(self.pid)])

    def listeners(self) -> list[Listener]:
        """The TCP sockets its processes listen on."""
        return listeners_of(self.pids())

    def writes(self) -> list[FileChange]:
        """What it changed on its disk so far; also after it ended, until `discard`."""
        launch = self._launch
        below = (*((launch.slug,) if launch.slug else ()), *launch.kept)
        in_app = overlay_changes(self._disk.app, Layers(below)) if below else scratch_changes(self._disk.app, "/app")
        in_tmp = scratch_changes(self._disk.tmp, "/tmp")
        return [*in_app, *in_tmp, *scratch_changes(self._disk.var_tmp, "/var/tmp")]

    def discard(self) -> None:
        """Delete its disk. Only after `wait` returned."""
        self._disk.discard()
        if self._group is None or self._group.remove():
            self._traces.forget(self.id)
