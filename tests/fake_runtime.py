"""A runtime without processes: each dyno does what a table says for its command. Keeps the same contract."""

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from minipaas.errors import DynoProblem
from minipaas.model.dyno import Exit
from minipaas.runtime.base import Capabilities, Console, FileChange, Launch, Listener, Memory
from minipaas.runtime.disk import Disk
from minipaas.runtime.layers import Layers, content_below
from minipaas.runtime.reaper import remove_tree

_PIDS = itertools.count(100_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a fake dyno does: writes, says, listens, then exits with a status or, with None, runs on.

    `on_term` is its status after SIGTERM; None ignores the signal. A path with the value None is deleted.
    """

    says: tuple[bytes, ...] = ()
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    listens: tuple[tuple[str, int], ...] = ()
    memory_bytes: int = 10_000_000
    exits: int | None = None
    on_term: int | None = 143
    fails: str = ""


class FakeProcess:
    """A dyno that a test drives: `end`, `say` and `listen` are the test's, the rest is the contract's."""

    def __init__(self, launch: Launch, act: Act) -> None:
        self.id = launch.id
        self.pid = next(_PIDS)
        self.launch = launch
        self.act = act
        self.signals: list[str] = []
        self.console: Console | None = None
        self.discarded = False
        self._listeners = [Listener(address, port, self.pid, launch.command) for address, port in act.listens]
        self._exit: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        self.disk = Disk(launch.host.area / launch.id)

    def begin(self) -> None:
        self.disk.make()
        below = (*((self.launch.slug,) if self.launch.slug else ()), *self.launch.kept)
        self._before = {name: path.read_bytes() for name, path in Layers(below).files().items()}
        for name, data in self._before.items():
            self._write(f"/app/{name}", data)
        for name, data in self.act.files.items():
            self._write(name, data)
        asyncio.get_running_loop().call_soon(self._play)

    def _write(self, path: str, data: bytes | None) -> None:
        place = self.disk.root / path.removeprefix("/")
        if data is None:
            place.unlink()
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def _play(self) -> None:
        for piece in self.act.says:
            self.say(piece)
        if self.act.exits is not None:
            self.end(self.act.exits)

    def say(self, data: bytes) -> None:
        if not self._exit.done():
            self.launch.output(data)

    def listen(self, address: str, port: int) -> None:
        self._listeners.append(Listener(address, port, self.pid, self.launch.command))

    def end(self, status: int, *, killed_by_memory: bool = False) -> None:
        if not self._exit.done():
            self.launch.output(b"")
            self._exit.set_result(Exit(status, killed_by_memory))

    async def wait(self) -> Exit:
        return await asyncio.shield(self._exit)

    def terminate(self) -> None:
        self.signals.append("TERM")
        if self.act.on_term is not None:
            self.end(self.act.on_term)

    def hang_up(self) -> None:
        self.signals.append("HUP")

    def kill(self) -> None:
        self.signals.append("KILL")
        self.end(137)

    def memory(self) -> Memory:
        return Memory(0 if self._exit.done() else self.act.memory_bytes)

    def cpu_s(self) -> float:
        return 0.0

    def pids(self) -> list[int]:
        return [] if self._exit.done() else [self.pid]

    def listeners(self) -> list[Listener]:
        return [] if self._exit.done() else list(self._listeners)

    def writes(self) -> list[FileChange]:
        found = []
        now = dict(content_below(self.disk.app))
        for name, path in now.items():
            if name not in self._before:
                found.append(FileChange("A", f"/app/{name}", path))
            elif path.read_bytes() != self._before[name]:
                found.append(FileChange("M", f"/app/{name}", path))
        found += [FileChange("D", f"/app/{name}", None) for name in self._before.keys() - now.keys()]
        return found + [FileChange("A", f"/tmp/{name}", path) for name, path in content_below(self.disk.tmp)]

    def discard(self) -> None:
        if self.disk.root.exists():
            self.discarded = True
            remove_tree(str(self.disk.root))
            self._before = {}


class FakeRuntime:
    """`acts` is looked up by a launch's command; a command that is not there runs until it is told to end."""

    name = "fake"

    def __init__(self, acts: Mapping[str, Act] | None = None) -> None:
        self.acts = dict(acts or {})
        self.started: list[FakeProcess] = []
        self.swept = 0
        self.closed = False

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name=self.name,
            private_files=True,
            private_tmp=True,
            private_processes=True,
            read_only_stack=True,
            memory_limit=False,
            process_limit=False,
        )

    def inside(self, source: Path, target: str) -> str:
        return target

    async def start(self, launch: Launch) -> FakeProcess:
        act = self.acts.get(launch.command, Act())
        if act.fails:
            raise DynoProblem(act.fails)
        process = FakeProcess(launch, act)
        process.begin()
        self.started.append(process)
        return process

    async def sweep(self) -> int:
        return self.swept

    async def close(self) -> None:
        self.closed = True
