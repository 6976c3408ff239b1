"""The process runtime: a dyno as plain processes on a fresh copy of the slug, where no sandbox is to be had.

What it cannot give is in `LOST`; the platform tells it once. Works on macOS too, in principle.
"""

import asyncio
import subprocess
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from minipaas.errors import DynoProblem
from minipaas.runtime.base import Capabilities, DynoProcess, Launch
from minipaas.runtime.boot import DEFAULT_SIGNALS, command_words, env_resets_signals
from minipaas.runtime.copying import copy_layers
from minipaas.runtime.disk import Disk
from minipaas.runtime.plain import PlainProcess
from minipaas.runtime.stack import Stack
from minipaas.runtime.traces import MARK_NAME, Traces
from minipaas.runtime.wires import Wires

LOST = (
    "/tmp is shared (TMPDIR is private)",
    "/app is a folder of another name",
    "writes outside it are neither seen nor undone",
    "processes and host name are the machine's",
    "memory is sampled, not limited",
)


class ProcessRuntime:
    """Launches dynos as child processes in a session of their own, marked in their environment.

    `reason` is why there is no sandbox, for those who ask.
    """

    name = "process"

    def __init__(self, state: Path, stack: Stack, reason: str = "") -> None:
        self._stack = stack
        self._reason = reason
        self._traces = Traces(state)
        self._prefix = DEFAULT_SIGNALS if env_resets_signals() else ()

    @property
    def path(self) -> str:
        """PATH of a dyno whose environment names none."""
        return self._stack.path

    def capabilities(self) -> Capabilities:
        """Private files in the copy, and little else."""
        return Capabilities(
            name=self.name,
            private_files=True,
            private_tmp=False,
            private_processes=False,
            read_only_stack=False,
            memory_limit=False,
            process_limit=False,
            lost=LOST,
            reason=self._reason,
        )

    def inside(self, source: Path, target: str) -> str:
        """Nothing is mapped: the source."""
        return str(source)

    async def start(self, launch: Launch) -> DynoProcess:
        """Launch; see the protocol."""
        disk = Disk(launch.host.area / launch.id)
        self._traces.remember(launch.id, disk.root)
        try:
            disk.make()
            copied_at = await _to_its_end(asyncio.to_thread(copy_layers, launch, disk))
            process = self._spawn(launch, disk, copied_at)
        except BaseException:
            disk.discard()
            self._traces.forget(launch.id)
            raise
        self._traces.guard()
        return process

    def _spawn(self, launch: Launch, disk: Disk, copied_at: int) -> PlainProcess:
        wires = Wires.of(launch)
        try:
            main = subprocess.Popen(
                (*self._prefix, *command_words(launch, wires.take_terminal)),
                stdin=subprocess.DEVNULL if wires.input is None else wires.input,
                stdout=wires.output,
                stderr=wires.output,
                env=self._environment(launch, disk),
                cwd=_folder(launch, disk),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            wires.close_near()
            raise DynoProblem(f"cannot launch a dyno on host {launch.host.name}: {error}") from error
        finally:
            wires.close_far()
        return PlainProcess(launch, main, wires, disk, copied_at, self._traces)

    def _environment(self, launch: Launch, disk: Disk) -> dict[str, str]:
        here = {"HOME": str(disk.app), "PWD": _folder(launch, disk), MARK_NAME: self._traces.mark(launch.id)}
        return {"PATH": self.path, "TMPDIR": str(disk.tmp), **launch.env, **here}

    async def sweep(self) -> int:
        """End and clear what an earlier platform on this home left."""
        return await asyncio.to_thread(self._traces.sweep)

    async def close(self) -> None:
        """Let the warden go."""
        self._traces.close()


async def _to_its_end(copying: Coroutine[Any, Any, int]) -> int:
    """A thread cannot be cancelled: who gives up a start waits until the copy is there to be deleted."""
    task = asyncio.ensure_future(copying)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _folder(launch: Launch, disk: Disk) -> str:
    """Where the command starts; `/app` is the copy."""
    wanted = Path(launch.cwd or "/app")
    if wanted.is_relative_to("/app"):
        return str(disk.app / wanted.relative_to("/app"))
    return str(wanted)
