"""A dyno that runs without a sandbox: a main process, and whoever carries its mark or is of its session."""

import asyncio
import os
import signal
import subprocess
from contextlib import suppress

from minipaas.model.dyno import Exit
from minipaas.runtime import proc, reaper
from minipaas.runtime.base import FileChange, Launch, Listener, Memory
from minipaas.runtime.boot import LEFTOVER_S
from minipaas.runtime.child import exit_status, when_ended
from minipaas.runtime.copying import copy_changes
from minipaas.runtime.disk import Disk
from minipaas.runtime.layers import Layers, scratch_changes
from minipaas.runtime.sockets import listeners_of
from minipaas.runtime.traces import Traces
from minipaas.runtime.wires import Wires

#: Survivors of the main process are looked for this often; nobody tells of their end.
_LOOK_S = 0.05
_UNSEEN_LOOKS = 20


class PlainProcess:
    """`pid` is the main process. The dyno has ended when nobody of it is left."""

    def __init__(
        self,
        launch: Launch,
        main: subprocess.Popen[bytes],
        wires: Wires,
        disk: Disk,
        copied_at: int,
        traces: Traces,
    ) -> None:
        self.id = launch.id
        self.pid = main.pid
        self._launch = launch
        self._main = main
        self._mark = traces.mark(launch.id)
        self._disk = disk
        self._copied_at = copied_at
        self._traces = traces
        self._loop = asyncio.get_running_loop()
        self._exit: asyncio.Future[Exit] = self._loop.create_future()
        self._session = True
        self._terminated = self._killed = False
        self._unseen = 0
        self._output, self.console = wires.join(launch.output)
        self._output.start()
        when_ended(main, self._main_ended)

    async def wait(self) -> Exit:
        """Wait until every process of the dyno is gone and its output is read to the end."""
        return await asyncio.shield(self._exit)

    def terminate(self) -> None:
        """SIGTERM to every process of the dyno."""
        self._terminated = True
        self._signal_all(signal.SIGTERM)

    def hang_up(self) -> None:
        """SIGHUP to every process of the dyno."""
        self._signal_all(signal.SIGHUP)

    def kill(self) -> None:
        """SIGKILL to every process of the dyno, and again at each look until none is left."""
        self._killed = True
        self._signal_all(signal.SIGKILL)

    def _signal_all(self, number: int) -> None:
        if self._exit.done():
            return
        got_it = reaper.signal_marked(self._mark, number)
        for pid in set(self.pids()) - got_it.keys():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)

    def _main_ended(self) -> None:
        if self._nobody_left():
            self._end()
            return
        if not self._terminated and not self._killed:
            self._signal_all(signal.SIGTERM)
            self._loop.call_later(LEFTOVER_S, self.kill)
        self._loop.call_later(_LOOK_S, self._look)

    def _look(self) -> None:
        """Until nobody is left."""
        if self._nobody_left():
            self._end()
            return
        if self._killed:
            self._signal_all(signal.SIGKILL)
        self._loop.call_later(_LOOK_S, self._look)

    def _nobody_left(self) -> bool:
        """Two looks, for one may miss a process whose parent ends meanwhile.

        While the output has no end somebody holds it, seen or not; one that stays unseen is no longer waited for.
        """
        if self.pids() or self.pids():
            self._unseen = 0
            return False
        self._unseen += 1
        return not self._output.open or self._unseen > _UNSEEN_LOOKS

    def _end(self) -> None:
        try:
            self._output.close()
            if self.console:
                self.console.hang_up()
        finally:
            self._exit.set_result(Exit(exit_status(self._main.returncode)))

    def pids(self) -> list[int]:
        """Who is of its session, carries its mark, or descends from the main process.

        When none of these is left, who still holds the output: a daemon with an emptied environment.
        """
        if self._exit.done():
            return []
        found = {*self._session_members(), *reaper.marked(self._mark), *proc.tree(self.pid)}
        return sorted(found or self._output_holders())

    def _output_holders(self) -> set[int]:
        self._output.drain()
        return proc.holders_of_pipe(self._output.inode()) if self._output.open else set()

    def _session_members(self) -> set[int]:
        """The session is named by the main process's pid, which the kernel keeps from others while a member lives."""
        if not self._session:
            return set()
        found = {pid for pid in proc.everyone() if _session_of(pid) == self.pid and proc.is_alive(pid)}
        self._session = bool(found) or self._main.returncode is None
        return found

    def memory(self) -> Memory:
        """What the main process and its descendants use now; zero when the dyno ended."""
        if self._exit.done():
            return Memory(0)
        pids = [self.pid, *proc.tree(self.pid)]
        return Memory(proc.memory_of(pids, self._launch.size.memory_bytes))

    def cpu_s(self) -> float:
        """CPU seconds of the main process and its descendants; zero when the dyno ended."""
        return 0.0 if self._exit.done() else proc.cpu_of([self.pid, *proc.tree(self.pid)])

    def listeners(self) -> list[Listener]:
        """The TCP sockets its processes listen on."""
        return listeners_of(self.pids())

    def writes(self) -> list[FileChange]:
        """What it changed in its copy and in TMPDIR (told as `/tmp`); also after it ended, until `discard`."""
        launch = self._launch
        layers = Layers((*((launch.slug,) if launch.slug else ()), *launch.kept))
        in_app = copy_changes(self._disk.app, layers, self._copied_at) if self._disk.root.is_dir() else ()
        return [*in_app, *scratch_changes(self._disk.tmp, "/tmp")]

    def discard(self) -> None:
        """Delete its disk. Only after `wait` returned."""
        self._disk.discard()
        self._traces.forget(self.id)


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1
