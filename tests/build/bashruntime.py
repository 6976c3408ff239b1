"""A runtime that runs bash where it stands: what the builder needs of the protocol, and nothing is isolated."""

import asyncio
import os
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

from minipaas.model.dyno import Exit
from minipaas.runtime.base import Capabilities, Console, FileChange, Launch, Listener, Memory
from minipaas.store.tree import remove


class BashProcess:
    """One shell in a session of its own."""

    def __init__(self, launch: Launch, process: asyncio.subprocess.Process, home: Path) -> None:
        self.id = launch.id
        self.pid = process.pid
        self.console: Console | None = None
        self._home = home
        self._process = process
        self._ended = asyncio.ensure_future(self._run(launch))

    async def _run(self, launch: Launch) -> Exit:
        assert self._process.stdout
        while data := await self._process.stdout.read(65536):
            launch.output(data)
        launch.output(b"")
        status = await self._process.wait()
        return Exit(status if status >= 0 else 128 - status)

    async def wait(self) -> Exit:
        return await asyncio.shield(self._ended)

    def terminate(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGTERM)

    def hang_up(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGHUP)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def memory(self) -> Memory:
        return Memory(0)

    def cpu_s(self) -> float:
        return 0.0

    def pids(self) -> list[int]:
        return [self.pid]

    def listeners(self) -> list[Listener]:
        return []

    def writes(self) -> list[FileChange]:
        return []

    def discard(self) -> None:
        remove(self._home)


class BashRuntime:
    """Keeps the launches it was given."""

    name = "bash"

    def __init__(self) -> None:
        self.launches: list[Launch] = []
        self.homes: list[Path] = []

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name=self.name,
            private_files=False,
            private_tmp=False,
            private_processes=False,
            read_only_stack=False,
            memory_limit=False,
            process_limit=False,
        )

    def inside(self, source: Path, target: str) -> str:
        return str(source)

    async def start(self, launch: Launch) -> BashProcess:
        self.launches.append(launch)
        home = Path(tempfile.mkdtemp(prefix="bash-runtime-"))
        self.homes.append(home)
        process = await asyncio.create_subprocess_exec(
            "bash",
            "-c",
            launch.command,
            cwd=home,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", **launch.env, "HOME": str(home)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        return BashProcess(launch, process, home)

    async def sweep(self) -> int:
        return 0

    async def close(self) -> None:
        return
